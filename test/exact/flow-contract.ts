/** What every flow must satisfy (E10); those in use are in test/contract/lists/flows.ts. */
import { determinant, Matrix } from 'ml-matrix'
import { type Flow, logq, logqOf } from '../../src/flows/index.ts'
import { fillUniform, normal, stream } from '../../src/random/index.ts'
import {
  constant,
  flatten,
  full,
  jit,
  mapArrays,
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { type Float, flows, type ListedFlow, planar } from '../contract/lists/flows.ts'
import { atMost, type Gate } from './gate.ts'

const as = (dtype: Float, array: NdArray): NdArray => ndarray(toNumbers(array), array.shape, dtype)

/** Normals of a name. */
export const values = (name: string, shape: Shape): NdArray => normal(stream(21, name), shape)

/** Entries spread evenly over (−bound, bound). */
const spread = (name: string, shape: Shape, bound: number): NdArray => {
  const u = new Float32Array(sizeOf(shape))
  fillUniform(u, stream(22, name))
  return ndarray(
    Array.from(u, (v) => bound * (2 * v - 1)),
    shape,
  )
}

/**
 * Parameters away from the start, where every flow is a permutation: all weights moved by normals of
 * deviation 0.1, running means likewise, running variances between 0.5 and 1.5.
 */
export const moved = (flow: Flow, dtype: Float = 'float32'): ReturnType<Flow['init']> => {
  const fresh = flow.init(3)
  const shifted = (array: NdArray, path: string): NdArray => {
    if (path.endsWith('variance')) {
      const u = toNumbers(spread(path, array.shape, 0.5))
      return ndarray(
        u.map((v) => 1 + v),
        array.shape,
        dtype,
      )
    }
    const by = toNumbers(values(path, array.shape))
    return ndarray(
      toNumbers(array).map((v, i) => v + 0.1 * by[i]),
      array.shape,
      dtype,
    )
  }
  return mapArrays(shifted, fresh)
}

const worst = (got: NdArray, want: NdArray, size = (_: number): number => 1): number => {
  const [a, b] = [toNumbers(got), toNumbers(want)]
  return Math.max(...a.map((v, i) => (Number.isFinite(v) ? Math.abs(v - b[i]) / size(b[i]) : Infinity)))
}

/** Relative above 1: x may be large where z is not. */
const relative = (want: number): number => Math.max(1, Math.abs(want))

/** Rows in the checks on batches. */
const ROWS = 256

type Params = Parameters<Flow['sample']>[0]

/** max |G⁻¹(G(z)) − z| over |z| < 5, or |G(G⁻¹(x)) − x|/max(1, |x|) where x has a border. */
export const inverseGap = async ({ flow, bordered }: ListedFlow, dtype: Float): Promise<number> => {
  const z = as(dtype, spread('z', [ROWS, ...flow.event], 5))
  const y = as(dtype, values('y', [ROWS, ...flow.condition]))
  const program = jit((p: Params, z: Tensor, y: Tensor) => {
    const { x } = flow.sample(p, y, z)
    const back = flow.inverse(p, x, y).z
    return { x, back, again: flow.sample(p, y, back).x }
  })
  const { x, back, again } = await program(moved(flow, dtype), z, y)
  await program.release()
  return bordered ? worst(again, x, relative) : worst(back, z)
}

/** max |logdet − log|det ∂x/∂z||, the Jacobian dense, over a few rows, and of `inverse` likewise. */
export const logdetGap = async ({ flow }: ListedFlow, dtype: Float): Promise<number> => {
  const n = sizeOf(flow.event)
  const eye = ndarray(Matrix.eye(n).to1DArray(), [n, ...flow.event], dtype)
  const program = jit((p: Params, z: Tensor, y: Tensor) => {
    const { x, logdet } = flow.sample(p, y, z)
    const { logdet: down } = flow.inverse(p, x, y)
    return { J: vjp(x, z, constant(eye)), logdet, down }
  })
  let gap = 0
  for (let i = 0; i < 4; i++) {
    const row = (array: NdArray): NdArray => {
      const one = toNumbers(array)
      return ndarray(Array.from({ length: n }, () => one).flat(), [n, ...array.shape], dtype)
    }
    const z = row(values(`z ${i}`, flow.event))
    const y = row(values(`y ${i}`, flow.condition))
    const { J, logdet, down } = await program(moved(flow, dtype), z, y)
    const truth = Math.log(Math.abs(determinant(Matrix.from1DArray(n, n, toNumbers(J)))))
    gap = Math.max(gap, Math.abs(Number(logdet.data[0]) - truth), Math.abs(Number(down.data[0]) + truth))
  }
  await program.release()
  return gap
}

/**
 * How many values of x, log q and their gradients in z and in the weights are not
 * finite, entries of z up to 10.
 */
export const notFinite = async ({ flow }: ListedFlow, dtype: Float): Promise<number> => {
  const far = as(dtype, spread('far', [ROWS, ...flow.event], 10))
  const z = ndarray(
    toNumbers(far).map((v, i) => (i % 3 === 0 ? Math.sign(v) * 10 : v)),
    far.shape,
    dtype,
  )
  const y = as(dtype, values('y', [ROWS, ...flow.condition]))
  const program = jit((p: Params, z: Tensor, y: Tensor) => {
    const drawn = flow.sample(p, y, z)
    const q = logqOf(z, drawn)
    const ones = constant(full(q.shape, 1, dtype))
    return { x: drawn.x, q, gradients: vjp(q, { z, weights: p.weights }, ones) }
  })
  const out = await program(moved(flow, dtype), z, y)
  await program.release()
  return Object.values(flatten(out))
    .flatMap(toNumbers)
    .filter((v) => !Number.isFinite(v)).length
}

/** ∫ q(x | y) dx by the midpoint rule over [−limit, limit]². */
export const mass = async ({ flow, dtypes: [dtype], within: limit = 12 }: ListedFlow): Promise<number> => {
  const side = 240
  const step = (2 * limit) / side
  const grid = Array.from({ length: side * side }, (_, i) => [
    -limit + step * (Math.floor(i / side) + 0.5),
    -limit + step * ((i % side) + 0.5),
  ])
  const one = toNumbers(values('y', flow.condition))
  const x = ndarray(grid.flat(), [grid.length, ...flow.event], dtype)
  const y = ndarray(
    grid.flatMap(() => one),
    [grid.length, ...flow.condition],
    dtype,
  )
  const program = jit((p: Params, x: Tensor, y: Tensor) => logq(flow, p, x, y))
  const q = toNumbers(await program(moved(flow, dtype), x, y))
  await program.release()
  return q.reduce((sum, v) => sum + Math.exp(v), 0) * step ** 2
}

/** E10. */
export const flowGates = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const listed of flows) {
    const { name } = listed
    gates.push(atMost(`E10 inverse ${name}`, await inverseGap(listed, 'float32'), 1e-5))
    gates.push(atMost(`E10 log-determinant ${name}`, await logdetGap(listed, 'float32'), 1e-4))
    gates.push(atMost(`E10 not finite ${name}`, await notFinite(listed, 'float32'), 0))
  }
  for (const listed of planar) {
    gates.push(atMost(`E10 |mass - 1| ${listed.name}`, Math.abs((await mass(listed)) - 1), 1e-2))
  }
  return gates
}
