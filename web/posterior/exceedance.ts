import type { Draws } from './draws.ts'
import { type Pieces, whole } from './pieces.ts'

/** Comparisons in a piece. */
const PIECE = 2 ** 19

/** P(x > u) at every place, as the share of the draws, [P]. */
export const exceedancePieces = ({ values, count, size }: Draws, u: number): Pieces<Float32Array> => {
  const share = new Float32Array(size)
  return {
    total: size,
    size: Math.max(1, Math.floor(PIECE / count)),
    work: (from, to) => {
      // Counted without a branch: whether a draw is above is as good as random to a processor.
      const above = new Uint32Array(to - from)
      for (let k = 0; k < count; k++)
        for (let i = 0, at = k * size + from; i < above.length; i++, at++) above[i] += Number(values[at] > u)
      for (let i = 0; i < above.length; i++) share[from + i] = above[i] / count
    },
    result: () => share,
  }
}

/** As {@link exceedancePieces}, at once. */
export const exceedance = (draws: Draws, u: number): Float32Array => whole(exceedancePieces(draws, u))
