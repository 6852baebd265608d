/** Runs every op, and a small network, on the CPU and on WebGPU; prints the largest differences as JSON. */
import {
  type Arrays,
  add,
  attention,
  conv2d,
  fullLike,
  jit,
  layerNorm,
  matmul,
  mean,
  mul,
  type NdArray,
  ndarray,
  reshape,
  scalarLike,
  silu,
  square,
  sum,
  type Tensor,
  toNumbers,
  transpose,
  valueAndGrad,
  vjp,
} from '../../src/tensor/index.ts'
import { sizeOf, uniform } from '../contract/grid.ts'
import { type OpCase, opCases } from '../contract/lists/ops/index.ts'

/** How far two results are apart; finite and infinite values must match. */
const distance = (a: readonly NdArray[], b: readonly NdArray[]): number => {
  const [x, y] = [a, b].map((list) => list.flatMap(toNumbers))
  return Math.max(
    0,
    ...x.map((value, i) => (value === y[i] ? 0 : Math.abs(value - y[i]) / (1 + Math.abs(value)))),
  )
}

const onBoth = async (
  fn: (xs: Tensor[]) => Tensor[],
  xs: NdArray[],
): Promise<[Arrays<Tensor[]>, Arrays<Tensor[]>]> => {
  const cpu = jit(fn, { threads: 1 })
  const gpu = jit(fn, { device: 'webgpu', strict: true, threads: 1 })
  const results = [await cpu(xs), await gpu(xs)] as [Arrays<Tensor[]>, Arrays<Tensor[]>]
  await cpu.release()
  await gpu.release()
  return results
}

/** Value, gradient and the gradient of its squared norm. */
const derivatives = ({ apply, valueOnly }: OpCase, xs: Tensor[]): Tensor[] => {
  const y = apply(...xs)
  if (valueOnly) return [y]
  const gradient = vjp(y, xs, fullLike(y, 0.7))
  const norm = gradient.map((g) => sum(square(g))).reduce((a, b) => add(a, b))
  return [y, ...gradient, ...vjp(norm, xs, scalarLike(norm, 1))]
}

const inputsOf = ({ inputs }: OpCase): NdArray[] =>
  inputs.map(({ shape, lo, hi }, i) => ndarray(uniform(7 + i, sizeOf(shape), lo, hi), shape))

/** Several ops in one program: sessions cost more than the ops. */
const compare = async (cases: readonly OpCase[]) => {
  const starts: number[] = []
  const outputs: number[] = []
  const arrays = cases.flatMap((entry) => {
    const list = inputsOf(entry)
    starts.push(list.length)
    return list
  })
  const all = (xs: Tensor[]): Tensor[] => {
    let at = 0
    return cases.flatMap((entry, i) => {
      const mine = derivatives(entry, xs.slice(at, at + starts[i]))
      at += starts[i]
      outputs[i] = mine.length
      return mine
    })
  }
  const [a, b] = await onBoth(all, arrays)
  let at = 0
  return cases.map(({ op, title }, i) => {
    const part = [at, at + outputs[i]]
    at = part[1]
    return { name: `${op}: ${title}`, distance: distance(a.slice(...part), b.slice(...part)) }
  })
}

/** A training step's worth of layers: convolution, layer norm, attention, MLP. */
const network = (image: Tensor, weights: Tensor[]): Tensor => {
  const [kernel, bias, wide, narrow] = weights
  const features = silu(conv2d(image, kernel, { padding: 1, bias }))
  const [b, c, h, w] = features.shape
  const tokens = layerNorm(transpose(reshape(features, [b, c, h * w]), [0, 2, 1]))
  const mixed = add(tokens, attention(tokens, tokens, tokens, 2))
  return mean(square(matmul(silu(matmul(mixed, wide)), narrow)))
}

const networkDistance = async () => {
  const shapes = [[2, 3, 6, 5], [8, 3, 3, 3], [8], [8, 16], [16, 8]]
  const arrays = shapes.map((shape, i) => ndarray(uniform(i, sizeOf(shape), -0.5, 0.5), shape))
  const step = ([image, ...weights]: Tensor[]): Tensor[] => {
    const [loss, gradient] = valueAndGrad((w: Tensor[]) => network(image, w))(weights)
    return [loss, ...weights.map((w, i) => add(w, mul(gradient[i], -0.1)))]
  }
  const [a, b] = await onBoth(step, arrays)
  return { name: 'network', distance: distance(a, b) }
}

/** The first two cases of each op: software rendering compiles a shader for every one. */
const cases = opCases.filter((entry) => opCases.filter(({ op }) => op === entry.op).indexOf(entry) < 2)
const results = [await networkDistance()]
for (let i = 0; i < cases.length; i += 24) results.push(...(await compare(cases.slice(i, i + 24))))
process.stdout.write(JSON.stringify(results))
