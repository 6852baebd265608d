import { mul, type Tensor } from '../tensor/index.ts'

/** Inverted dropout with given masks, each used once in order; the identity without masks. */
export const dropper = (rate: number, keep: readonly Tensor[]): ((y: Tensor) => Tensor) => {
  let next = 0
  return (y) => (rate === 0 || keep.length === 0 ? y : mul(mul(y, keep[next++]), 1 / (1 - rate)))
}
