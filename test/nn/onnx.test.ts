/** A network from an ONNX graph: what its inputs are given, and what of its output is taken. */
import { describe, expect, it } from 'vitest'
import { network } from '../../src/nn/index.ts'
import { importedNetwork } from '../../src/run/import/imported-network.ts'
import { frozen, jit, ndarray, type Tensor, toNumbers, zeros } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'
import { type Graph, modelOf, node } from '../tensor/onnx-import/models.ts'

const outputOf = async (graph: Graph, choice: Parameters<typeof importedNetwork>[1] = {}) => {
  const { net, params } = importedNetwork(modelOf(graph), choice)
  const { apply } = network(net)
  const run = jit((x: Tensor, t: Tensor) => apply(frozen(params), x, t))
  return toNumbers(await run(ndarray([1, 2, 3, 4], [2, 2]), ndarray([0.4, 1.6])))
}

const dynamic = (dtype: 'float32' | 'int64', ...rest: number[]) => ({ dtype, shape: ['n', ...rest] })
const axes = { axes: ndarray([1], [1], 'int64') }

describe('a network from a graph', () => {
  it('takes numbers for other inputs, and the first channels', async () => {
    const nodes = [
      node('Cast', ['c'], { to: { int: 1 } }, ['f']),
      node('Unsqueeze', ['t', 'axes'], {}, ['column']),
      node('Add', ['x', 'f'], {}, ['h']),
      node('Add', ['h', 'column'], {}, ['shifted']),
      node('Concat', ['shifted', 'x'], { axis: { int: 1 } }),
    ]
    const inputs = { t: dynamic('float32'), x: dynamic('float32', 2), c: dynamic('int64', 1) }
    const found = await outputOf({ nodes, inputs, constants: axes }, { fixed: 'c=10', channels: 2 })
    expectClose(found, [11.4, 12.4, 14.6, 15.6], 1e-6)
  })

  it('shows an integer time as any number where the graph makes it a float at once', async () => {
    const nodes = [
      node('Unsqueeze', ['t', 'axes'], {}, ['column']),
      node('Cast', ['column'], { to: { int: 1 } }, ['f']),
      node('Add', ['x', 'f']),
    ]
    const inputs = { x: dynamic('float32', 2), t: dynamic('int64') }
    expectClose(await outputOf({ nodes, inputs, constants: axes }), [1.4, 2.4, 4.6, 5.6], 1e-6)
  })

  it('comes to an end where an integer time is made of itself', () => {
    const nodes = [node('Identity', ['t'], {}, ['t']), node('Cast', ['t'], { to: { int: 1 } }, ['y'])]
    const inputs = { x: dynamic('float32', 2), t: dynamic('int64') }
    expect(() => importedNetwork(modelOf({ nodes, inputs }))).toThrow(
      /^output 'y' is float32 \[\] for x of \[2\]$/,
    )
  })

  it('shows it as the nearest integer where it is an index', async () => {
    const nodes = [node('Gather', ['table', 't'], {}, ['row']), node('Add', ['x', 'row'])]
    const inputs = { x: dynamic('float32', 2), t: dynamic('int64') }
    const constants = { table: ndarray([10, 20, 30, 40, 50, 60], [3, 2]) }
    expect(await outputOf({ nodes, inputs, constants })).toEqual([11, 22, 53, 64])
  })

  it('keeps weights apart from its graph, but those that shapes are made of', () => {
    const nodes = [
      node('Resize', ['x', '', 'scales'], { mode: { text: 'nearest' } }, ['large']),
      node('AveragePool', ['large'], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } }, ['h']),
      node('Reshape', ['t', 'sizes'], {}, ['level']),
      node('Mul', ['h', 'w'], {}, ['scaled']),
      node('Add', ['scaled', 'level']),
    ]
    const constants = {
      scales: ndarray([1, 1, 2, 2]),
      sizes: ndarray([-1, 1, 1, 1], [4], 'int64'),
      w: ndarray([2, 3], [1, 2, 1, 1]),
    }
    const inputs = { x: dynamic('float32', 2, 4, 4), t: dynamic('float32') }
    const { params, net, event } = importedNetwork(modelOf({ nodes, inputs, constants }))
    expect(Object.keys(params)).toEqual(['w'])
    expect(event).toEqual([2, 4, 4])
    expect(network(net).init(0)).toEqual({ w: zeros([1, 2, 1, 1]) })
  })

  it('says what is wrong with a graph that is none', () => {
    expect(() => network({ kind: 'onnx', graph: '', image: 'x', time: 't', output: 'y' })).toThrow(
      'onnx: the graph of the network: no ONNX model',
    )
  })
})
