/** Sums, means and norms over axes. */
import { ndarray } from '../../ndarray.ts'
import { abs, logsumexp, max, mean, min, type Reduce, reshape, sqrt, square, sum } from '../../ops/index.ts'
import { constant, type Tensor } from '../../tensor.ts'
import type { Rule, Rules, Site } from '../site.ts'

/** The axes of a reduction and whether they stay; absent axes are all, or none with noop_with_empty_axes. */
const optionsOf = (site: Site): Reduce | undefined => {
  const axes = site.list(1, 'axes')
  const keepdims = site.int('keepdims', 1) !== 0
  if (axes && axes.length > 0) return { axes, keepdims }
  return site.int('noop_with_empty_axes', 0) === 0 ? { keepdims } : undefined
}

const reduction =
  (reduce: (x: Tensor, options: Reduce) => Tensor): Rule =>
  (site) => {
    const options = optionsOf(site)
    return options ? reduce(site.input(0), options) : site.input(0)
  }

/** The number of elements of a known shape. */
const knownProduct = (site: Site): Tensor => {
  const x = site.input(0)
  const product = site.numbers(0).reduce((a, b) => a * b, 1)
  if (x.shape.length > 1) site.refuse('products are read of lists alone')
  const one = constant(ndarray([product], [], x.dtype))
  return site.int('keepdims', 1) !== 0 ? reshape(one, [1]) : one
}

/** Means over the points of [B, C, ...points], whose axes stay. */
const overPoints =
  (reduce: (x: Tensor, options: Reduce) => Tensor): Rule =>
  (site) => {
    const x = site.input(0)
    return reduce(x, { axes: x.shape.map((_, i) => i).slice(2), keepdims: true })
  }

export const reductions: Rules = {
  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(max),
  ReduceMin: reduction(min),
  ReduceL1: reduction((x, options) => sum(abs(x), options)),
  ReduceL2: reduction((x, options) => sqrt(sum(square(x), options))),
  ReduceSumSquare: reduction((x, options) => sum(square(x), options)),
  ReduceLogSumExp: reduction(logsumexp),
  ReduceProd: knownProduct,
  GlobalAveragePool: overPoints(mean),
  GlobalMaxPool: overPoints(max),
}
