import { TweedieError } from '../../error.ts'
import { permutation, stream } from '../../random/index.ts'
import {
  add,
  item,
  jit,
  matmul,
  mul,
  NdArray,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
} from '../../tensor/index.ts'
import { finiteValues } from '../values.ts'

/** Options of {@link kernelDistance}. */
export interface KernelDistanceOptions {
  /** Pairs of subsets, default 100. */
  readonly subsets?: number
  /** Images in a subset, at least 2, default 1000. */
  readonly size?: number
  /** Default 0. */
  readonly seed?: number
}

/** (a · b/F + 1)³ of rows. */
const kernel = (products: Tensor, features: number): Tensor => {
  const inner = add(mul(products, 1 / features), 1)
  return mul(square(inner), inner)
}

/**
 * The unbiased estimate of the squared maximum mean discrepancy of two subsets [m, F]: mean kernel of pairs
 * within each, less twice that of pairs between both.
 */
const discrepancy = (x: Tensor, y: Tensor): Tensor => {
  const [m, features] = x.shape
  const within = (a: Tensor) => {
    const all = sum(kernel(matmul(a, transpose(a, [1, 0])), features))
    const self = sum(kernel(sum(square(a), { axes: 1 }), features))
    return mul(sub(all, self), 1 / (m * (m - 1)))
  }
  const between = mul(sum(kernel(matmul(x, transpose(y, [1, 0])), features)), 2 / (m * m))
  return sub(add(within(x), within(y)), between)
}

/** The rows of features [n, F] that are named, in float64. */
const chosen = (features: NdArray, rows: Int32Array): NdArray<'float64'> => {
  const length = features.shape[1]
  const values = finiteValues(features, 'kernelDistance: features')
  const data = new Float64Array(rows.length * length)
  for (const [i, row] of rows.entries())
    for (let j = 0; j < length; j++) data[i * length + j] = values[row * length + j]
  return new NdArray('float64', [rows.length, length], data)
}

/**
 * Kernel distance of two sets of features: the squared maximum mean discrepancy with the kernel
 * (a · b/F + 1)³, unbiased, as mean and standard deviation over random subsets (Bińkowski, Sutherland, Arbel
 * & Gretton, "Demystifying MMD GANs", ICLR 2018). Called KID only with the original Inception.
 *
 * Unlike a Fréchet distance it has no bias from few images, and its estimate may be below 0 for equal
 * distributions. Blind spots: the kernel sees moments up to the third.
 *
 * @param x - [n, F]. @param y - [m, F]
 * @throws TweedieError `input` when a set is smaller than a subset, `shape` when they do not fit, `numeric`
 *   on
 *   NaN or infinity
 *
 * @example
 * ```ts
 * const network = await featureNetwork()
 * const [x, y] = [await featuresOf(network, samples), await featuresOf(network, images)]
 * const { mean, spread } = await kernelDistance(x, y, { subsets: 10, size: 500 })
 * ```
 */
export const kernelDistance = async (
  x: NdArray,
  y: NdArray,
  { subsets = 100, size = 1000, seed = 0 }: KernelDistanceOptions = {},
): Promise<{ readonly mean: number; readonly spread: number }> => {
  const fewer = Math.min(x.shape[0], y.shape[0])
  if (x.shape.length !== 2 || y.shape.length !== 2 || x.shape[1] !== y.shape[1])
    throw new TweedieError('shape', `kernelDistance: features [${x.shape}] and [${y.shape}] do not fit`)
  if (size < 2 || fewer < size)
    throw new TweedieError('input', `kernel distance: subsets of ${size} need as many images, got ${fewer}`)
  const program = jit(discrepancy)
  const values: number[] = []
  for (let s = 0; s < subsets; s++) {
    const pick = (set: NdArray, name: string) =>
      chosen(set, permutation(stream(seed, name), set.shape[0], { step: s }).data.subarray(0, size))
    values.push(item(await program(pick(x, 'kernel subset x'), pick(y, 'kernel subset y'))))
  }
  await program.release()
  const mean = values.reduce((a, b) => a + b, 0) / subsets
  const variance = values.reduce((total, v) => total + (v - mean) ** 2, 0) / subsets
  return { mean, spread: Math.sqrt(variance) }
}
