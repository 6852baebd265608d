import { TweedieError } from '../../error.ts'
import {
  add,
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

/** Rows of which the distances to as many others are computed at once. */
const BLOCK = 1024

/** |a − b|² of rows [n, F] and [m, F]: [n, m]. */
const squaredDistances = (a: Tensor, b: Tensor): Tensor => {
  const squares = (x: Tensor) => sum(square(x), { axes: 1, keepdims: true })
  const products = matmul(a, transpose(b, [1, 0]))
  return sub(add(squares(a), transpose(squares(b), [1, 0])), mul(products, 2))
}

/** A set in blocks, about a common centre, where the difference of large squares loses least. */
const blocksOf = (features: NdArray, centre: Float64Array): NdArray<'float64'>[] => {
  const [n, d] = features.shape
  const values = finiteValues(features, 'precisionRecall: features')
  return Array.from({ length: Math.ceil(n / BLOCK) }, (_, block) => {
    const from = block * BLOCK
    const rows = Math.min(BLOCK, n - from)
    const data = new Float64Array(rows * d)
    for (let i = 0; i < data.length; i++) data[i] = values[from * d + i] - centre[i % d]
    return new NdArray('float64', [rows, d], data)
  })
}

const meanOf = (features: NdArray): Float64Array => {
  const [n, d] = features.shape
  const values = finiteValues(features, 'precisionRecall: features')
  const mean = new Float64Array(d)
  for (let i = 0; i < n * d; i++) mean[i % d] += values[i] / n
  return mean
}

type Distances = (a: NdArray<'float64'>, b: NdArray<'float64'>) => Promise<NdArray>

/** Puts a value into the ascending list of the smallest so far. */
const insert = (smallest: Float64Array, value: number): void => {
  let at = smallest.length - 1
  if (value >= smallest[at]) return
  for (; at > 0 && smallest[at - 1] > value; at--) smallest[at] = smallest[at - 1]
  smallest[at] = value
}

/** Squared distance of each row of a set to its k-th neighbour in it, itself not counted. */
const radiiOf = async (set: readonly NdArray<'float64'>[], k: number, between: Distances) => {
  const radii: Float64Array[] = []
  for (const [b, block] of set.entries()) {
    const nearest = Array.from({ length: block.shape[0] }, () => new Float64Array(k).fill(Infinity))
    for (const [c, other] of set.entries()) {
      const { data } = await between(block, other)
      const m = other.shape[0]
      for (const [i, smallest] of nearest.entries())
        for (let j = 0; j < m; j++) if (b !== c || i !== j) insert(smallest, Number(data[i * m + j]))
    }
    radii.push(Float64Array.from(nearest, (smallest) => smallest[k - 1]))
  }
  return radii
}

/** Share of the rows of `set` within the ball of any row of `of`. */
const shareWithin = async (
  set: readonly NdArray<'float64'>[],
  of: readonly NdArray<'float64'>[],
  radii: readonly Float64Array[],
  between: Distances,
): Promise<number> => {
  let [inside, total] = [0, 0]
  for (const block of set) {
    const found = new Uint8Array(block.shape[0])
    for (const [c, other] of of.entries()) {
      const { data } = await between(block, other)
      const m = other.shape[0]
      for (let i = 0; i < found.length; i++)
        for (let j = 0; j < m && !found[i]; j++) if (Number(data[i * m + j]) <= radii[c][j]) found[i] = 1
    }
    inside += found.reduce((a, b) => a + b, 0)
    total += found.length
  }
  return inside / total
}

/**
 * Improved precision and recall: precision is the share of x that lies within the manifold of y, recall the
 * share of y within that of x. A manifold is the union of balls about the features of a set, each as large as
 * the distance to its k-th neighbour (Kynkäänniemi, Karras, Laine, Lehtinen & Aila, "Improved precision and
 * recall metric for assessing generative models", NeurIPS 2019, who take k = 3 and features of VGG-16).
 *
 * Features of all images are needed at once, and every pair's distance: time n m F. Depends on the number of
 * images: compare only figures of equal n.
 *
 * @param x - [n, F], samples. @param y - [m, F], the reference; n, m > k
 * @throws TweedieError `shape` when they do not fit, `input` for too few images, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const network = await featureNetwork()
 * const [x, y] = [await featuresOf(network, samples), await featuresOf(network, images)]
 * const { precision, recall } = await precisionRecall(x, y)
 * ```
 */
export const precisionRecall = async (
  x: NdArray,
  y: NdArray,
  { k = 3 }: { readonly k?: number } = {},
): Promise<{ readonly precision: number; readonly recall: number }> => {
  if (x.shape.length !== 2 || y.shape.length !== 2 || x.shape[1] !== y.shape[1])
    throw new TweedieError('shape', `precisionRecall: features [${x.shape}] and [${y.shape}] do not fit`)
  const fewer = Math.min(x.shape[0], y.shape[0])
  if (fewer <= k)
    throw new TweedieError('input', `precision and recall: ${k} neighbours need more images, got ${fewer}`)
  const centre = meanOf(y)
  const [own, real] = [blocksOf(x, centre), blocksOf(y, centre)]
  const between = jit(squaredDistances)
  const precision = await shareWithin(own, real, await radiiOf(real, k, between), between)
  const recall = await shareWithin(real, own, await radiiOf(own, k, between), between)
  await between.release()
  return { precision, recall }
}
