/**
 * Inverted dropout (Srivastava et al. 2014). The masks are made inside the program from seeds, when features
 * are zeroed and again when their gradient is: nothing of them is kept in between.
 */
import {
  add,
  cast,
  late,
  mul,
  reshape,
  type Shape,
  seededMask,
  type Tensor,
  take,
  transpose,
  withGradient,
} from '../tensor/index.ts'
import type { Training } from './network.ts'

/** One dropout layer; the identity when the network is used. */
export type Drop = (y: Tensor) => Tensor

/**
 * The dropout layers of a network in their order, one for each call. A layer's number is fixed when it is
 * asked for, since `rematerialise` computes a block twice.
 *
 * @param rowAxis - axis of the rows of a batch in the features
 */
export const dropper = (rate: number, training: Training | undefined, rowAxis = 0): (() => Drop) => {
  let next = 0
  return () => {
    const layer = next++
    return (y) => {
      const zeroed = rate > 0 ? training?.zeroed?.(y, { layer, rowAxis }) : undefined
      return zeroed ? mul(zeroed, 1 / (1 - rate)) : y
    }
  }
}

/** The axes of [rows, ...rest] in the order in which `rowAxis` is that of the rows. */
const rowsAs = (rowAxis: number, rank: number): number[] => {
  const rest = Array.from({ length: rank - 1 }, (_, i) => i + 1)
  return [...rest.slice(0, rowAxis), 0, ...rest.slice(rowAxis)]
}

const maskLike = (seeds: Tensor, keep: number, shape: Shape, rowAxis: number): Tensor => {
  const event = shape.filter((_, axis) => axis !== rowAxis)
  return transpose(seededMask(seeds, keep, event), rowsAs(rowAxis, shape.length))
}

/**
 * Dropout with masks from seeds: an entry is kept with probability 1 − rate, exact to 2⁻³².
 *
 * @param seeds - int32 [B, layers, 3], as of `dropoutSeeds` in training/
 */
export const seededDropout = (seeds: Tensor, rate: number): Required<Training> => ({
  zeroed: (y, { layer, rowAxis }) => {
    const own = reshape(take(seeds, [layer], 1), [seeds.shape[0], 3])
    // From seeds + 0, with a zero that depends on what is masked, so that the mask of the gradient is
    // another node, which is computed when the gradient is.
    const masked = (t: Tensor): Tensor => {
      const mask = maskLike(add(own, cast(late(t), own.dtype)), 1 - rate, t.shape, rowAxis)
      return mul(t, cast(mask, t.dtype))
    }
    return withGradient(masked(y), [y], (g) => [masked(g)])
  },
})
