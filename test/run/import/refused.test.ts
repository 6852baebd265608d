/** Files that cannot be imported: one line that names the node, the input or the array, and what to do. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TweedieError } from '../../../src/error.ts'
import { integers, stream } from '../../../src/random/index.ts'
import { importedNetwork, type NetworkChoice } from '../../../src/run/import/imported-network.ts'
import { checkOnnxFile } from '../../../src/run/import/not-onnx.ts'
import { ndarray, toNumbers, zeros } from '../../../src/tensor/index.ts'
import { encodeModel, type NodeProto } from '../../../src/tensor/onnx/proto.ts'
import { external, type Graph, modelOf, node, withGraph } from '../../tensor/onnx-import/models.ts'

const fixtures = join(import.meta.dirname, '../../tensor/onnx-import/fixtures')
const mlp = new Uint8Array(readFileSync(join(fixtures, 'mlp.onnx')))

const inputs = { x: zeros([2, 3]), t: zeros([2]) }

/** A network of one node beside what takes the time. */
const oneNode = (made: NodeProto, more: Partial<Graph> = {}): Uint8Array =>
  modelOf({
    nodes: [made, node('Unsqueeze', ['t', 'axes'], {}, ['column']), node('Add', ['h', 'column'])],
    inputs,
    constants: { axes: ndarray([1], [1], 'int64') },
    ...more,
  })

const good = oneNode(node('Relu', ['x'], {}, ['h']))

/** A file, choices, and what is said of them. */
type Refused = readonly [name: string, bytes: Uint8Array, says: RegExp, choice?: NetworkChoice]

const refused: readonly Refused[] = [
  [
    'an unknown operator',
    oneNode(node('Hardmax', ['x'], {}, ['h'])),
    /^node 'h' \(Hardmax\): this operator is not read$/,
  ],
  [
    "somebody's own operator",
    oneNode({ ...node('Attention', ['x'], {}, ['h']), domain: 'com.microsoft' }),
    /^node 'h' \(com\.microsoft\.Attention\): operators of com\.microsoft are not read; export /,
  ],
  [
    'weights of int8, by their operators',
    oneNode(node('DequantizeLinear', ['x'], {}, ['h'])),
    /^node 'h' \(DequantizeLinear\): quantised weights \(int8\) have no derivatives; export .* in float32$/,
  ],
  [
    'weights of int8, by an operator on them',
    oneNode(node('QLinearConv', ['x'], {}, ['h'])),
    /\(QLinearConv\): quantised weights/,
  ],
  [
    'a loop',
    withGraph(node('Loop', ['x'], {}, ['h'])),
    /^node 'h' \(Loop\) holds a graph of its own: loops and branches are not read$/,
  ],
  [
    'a branch',
    withGraph(node('If', ['x'], {}, ['h'])),
    /^node 'h' \(If\) holds a graph of its own: loops and branches are not read$/,
  ],
  [
    'random numbers',
    oneNode(node('RandomNormalLike', ['x'], {}, ['h'])),
    /draws random numbers is no denoiser; export with model\.eval\(\)$/,
  ],
  [
    'a shape that follows from the data',
    modelOf({
      nodes: [
        node('Cast', ['x'], { to: { int: 7 } }, ['sizes']),
        node('Unsqueeze', ['t', 'axes'], {}, ['column']),
        node('Reshape', ['column', 'sizes']),
      ],
      inputs,
      constants: { axes: ndarray([1], [1], 'int64') },
    }),
    /^node 'y' \(Reshape\): input 1 \('sizes'\) must be known while reading, but follows from the data$/,
  ],
  [
    'sizes that stay unknown',
    modelOf({
      nodes: [node('Relu', ['x'])],
      inputs: { x: { dtype: 'float32', shape: ['N', 3, 'H', 'W'] }, t: zeros([2]) },
    }),
    /^input 't' has shape \[2\]: one time for a whole batch/,
  ],
  [
    'sizes that stay unknown, without a shape of x',
    modelOf({
      nodes: [node('Relu', ['x'])],
      inputs: { x: { dtype: 'float32', shape: ['N', 3, 'H', 'W'] }, t: { dtype: 'float32', shape: ['N'] } },
    }),
    /^input 'x' has shape \[N,3,H,W\], whose sizes a run decides; say the shape of one x \(--event\)$/,
  ],
  [
    'a shape of x that does not fit',
    good,
    /^input 'x' has shape \[2,3\], which x of \[1,8,8\] does not fit$/,
    { event: [1, 8, 8] },
  ],
  [
    'one time for a whole batch',
    modelOf({ nodes: [node('Add', ['x', 't'])], inputs: { x: zeros([2, 3]), t: zeros([]) } }),
    /^input 't' has shape \[\]: one time for a whole batch; export it with one for each row/,
  ],
  [
    'no time',
    modelOf({ nodes: [node('Relu', ['x'])], inputs: { x: zeros([2, 3]) } }),
    /^no input beside 'x'/,
  ],
  [
    'labels of a class',
    modelOf({ nodes: [node('Add', ['x', 'c'])], inputs: { ...inputs, c: zeros([2, 3], 'int64') } }),
    /^input 'c' \(int64 \[2,3\]\) is neither x nor its time; give it a number \(--fixed c=0\)/,
  ],
  [
    'a number that is none',
    good,
    /^expected an input and its number, such as y=0, got 'c=two'$/,
    { fixed: 'c=two' },
  ],
  ['a number of nothing', good, /^no input 'c' \(--fixed\); it has 'x', 't'$/, { fixed: 'c=2' }],
  ['an input that is not there', good, /^no input 'z' \(--image\); it has 'x', 't'$/, { image: 'z' }],
  [
    'several outputs',
    oneNode(node('Relu', ['x'], {}, ['h']), {
      outputs: [
        { name: 'y', dtype: 'float32', shape: [2, 3] },
        { name: 'h', dtype: 'float32', shape: [2, 3] },
      ],
    }),
    /^2 outputs \('y', 'h'\); say which is the prediction \(--prediction\)$/,
  ],
  ['an output that is not there', good, /^no output 'z'; it has 'y'$/, { prediction: 'z' }],
  [
    'a learned variance',
    modelOf({
      nodes: [node('Concat', ['x', 'x'], { axis: { int: 1 } })],
      inputs: { x: zeros([2, 3, 4]), t: zeros([2]) },
    }),
    /^output 'y' is float32 \[6,4\] for x of \[3,4\]; with a learned variance, take the first 3 channels/,
  ],
  [
    'data in other files',
    external(),
    /^'w' has its data in another file; save the model as one file \(of at most 2 GB\)$/,
  ],
  [
    'double precision',
    modelOf({ nodes: [node('Relu', ['x'])], inputs: { x: zeros([2, 3], 'float64'), t: zeros([2]) } }),
    /^none of its inputs takes x in float32: 'x', 't'$/,
  ],
  [
    'weights that do not fit',
    modelOf({ nodes: [node('MatMul', ['x', 'w'])], inputs, constants: { w: zeros([4, 3]) } }),
    /^node 'y' \(MatMul\): matmul: float32\[3,3\] times float32\[4,3\] does not fit$/,
  ],
  [
    'a batch of one alone',
    modelOf({
      nodes: [node('Reshape', ['x', 'sizes'])],
      inputs: { x: zeros([1, 3]), t: zeros([1]) },
      constants: { sizes: ndarray([1, 3], [2], 'int64') },
    }),
    /; the file is of a batch of 1 alone \(export it with dynamic_axes for the batch\)$/,
  ],
  [
    'an older operator set',
    modelOf({ nodes: [node('Relu', ['x'])], inputs, opset: 7 }),
    /^operators of version 7; versions 9 to 23 are read \(opset_version\)$/,
  ],
  [
    'a value that nothing makes',
    modelOf({ nodes: [node('Add', ['x', 'w'])], inputs }),
    /^node 'y' \(Add\): nothing makes its input 'w'$/,
  ],
  ['nothing', new Uint8Array(), /^no ONNX model \(it has no graph\)$/],
  ['text', new TextEncoder().encode('hello'), /^damaged or truncated \(protobuf\)$/],
  ['half of a file', mlp.subarray(0, mlp.length / 2), /^damaged or truncated \(protobuf\)$/],
  [
    'sizes without end',
    modelOf({
      nodes: [node('ConstantOfShape', ['sizes'], {}, ['h']), node('Add', ['x', 'h'])],
      inputs,
      constants: { sizes: ndarray([2 ** 20, 2 ** 20], [2], 'int64') },
    }),
    /^node 'h' \(ConstantOfShape\): a value of shape \[1048576,1048576\]/,
  ],
]

describe('is refused', () => {
  for (const [name, bytes, says, choice] of refused) {
    it(name, () => {
      expect(() => importedNetwork(bytes, choice)).toThrow(TweedieError)
      expect(() => importedNetwork(bytes, choice)).toThrow(says)
    })
  }
})

it('takes numbers for other inputs, channels, and the output that was asked for', () => {
  const bytes = modelOf({
    nodes: [
      node('Cast', ['c'], { to: { int: 1 } }, ['f']),
      node('Add', ['x', 'f'], {}, ['h']),
      node('Concat', ['h', 'h'], { axis: { int: 1 } }),
    ],
    inputs: { t: zeros([2]), x: zeros([2, 3, 4]), c: zeros([2, 1, 1], 'int64') },
    outputs: [
      { name: 'y', dtype: 'float32', shape: [] },
      { name: 'h', dtype: 'float32', shape: [] },
    ],
  })
  const read = importedNetwork(bytes, { fixed: 'c=2', channels: 3, prediction: 'y' })
  expect(read.roles).toEqual({ image: 'x', time: 't', output: 'y', first: 3, fixed: 'c=2' })
  expect(importedNetwork(bytes, { fixed: 'c=2', prediction: 'h' }).event).toEqual([3, 4])
})

describe('other files', () => {
  it.each([
    [
      'a .pt file',
      [0x50, 0x4b, 3, 4, 0, 0],
      /^weights of PyTorch, .*; export it in Python: torch\.onnx\.export/,
    ],
    ['an old .pt file', [0x80, 2, 0x8a, 10], /^weights of PyTorch/],
    ['a .safetensors file', [64, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22], /^weights in safetensors/],
    ['a Keras file', [0x89, 0x48, 0x44, 0x46], /^HDF5/],
  ])('%s is told by how it begins', (_name, start, says) => {
    expect(() => checkOnnxFile(Uint8Array.from([...start, ...Array<number>(20).fill(0)]))).toThrow(says)
  })
})

describe('damaged files', () => {
  const draw = (n: number, high: number, observation: number) =>
    toNumbers(integers(stream(16, 'damage'), 0, high, [n], { observation }))

  /** Nothing but an error of ours, or a network: some damage is to weights. */
  const expectCalm = (bytes: Uint8Array): void => {
    try {
      importedNetwork(bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(TweedieError)
    }
  }

  it('of which bytes were changed', () => {
    for (let i = 0; i < 250; i++) {
      const bytes = good.slice()
      const places = draw(4, bytes.length, i)
      const values = draw(4, 256, 1000 + i)
      for (const [k, at] of places.entries()) bytes[at] = values[k]
      expectCalm(bytes)
    }
  })

  it('of which bytes of a larger one were changed, in front, where its graph is', () => {
    for (let i = 0; i < 60; i++) {
      const bytes = mlp.slice()
      const places = draw(6, 4000, i)
      const values = draw(6, 256, 1000 + i)
      for (const [k, at] of places.entries()) bytes[at] = values[k]
      expectCalm(bytes)
    }
  })

  it('that end anywhere', () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => importedNetwork(good.subarray(0, length))).toThrow(TweedieError)
    }
  })

  it('whose arrays say more than they hold', () => {
    const bytes = encodeModel({
      nodes: [node('Add', ['x', 'w'])],
      inputs: [
        { name: 'x', dtype: 'float32', shape: [2, 3] },
        { name: 't', dtype: 'float32', shape: [2] },
      ],
      outputs: [{ name: 'y', dtype: 'float32', shape: [] }],
      initializers: [{ name: 'w', dtype: 'float32', shape: [1e6, 1e6], data: new Float32Array(3) }],
      opsets: { '': 17 },
      metadata: {},
    })
    expect(() => importedNetwork(bytes)).toThrow(
      "'w' has shape [1000000,1000000], which its file has no bytes for",
    )
  })
})
