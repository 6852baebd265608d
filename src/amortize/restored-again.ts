/**
 * Restorations that are not finite, once more. A sampler of one pass has no steps to add, so the draws of one
 * observation that are not finite are made again by other noise, twice.
 */
import { rowsNotFinite } from '../posterior/index.ts'
import { float32, NdArray } from '../tensor/index.ts'

/** What a sampler's program makes of one observation with K draws, or of more. */
export interface Summary {
  /** [K, ...event]. */
  readonly x: NdArray
  /** [1, ...event]. */
  readonly mean: NdArray
  /** [1, ...event]. */
  readonly spread: NdArray
  /** [K]. */
  readonly logq?: NdArray
}

/** Further tries. */
const TRIES = 2

/** Counters of the draws that stand in for others begin far beyond those. */
const SPARE = 2 ** 18

/** Draws of an answer that are not finite, or whose log q is not. */
const badDraws = ({ x, logq }: Summary): number[] => [
  ...new Set([...rowsNotFinite(float32(x)), ...(logq ? rowsNotFinite(float32(logq)) : [])]),
]

/** z [K, ...event] of some draws, row by row. */
const stacked = (rows: readonly NdArray<'float32'>[]): NdArray<'float32'> => {
  const [, ...event] = rows[0].shape
  const out = new NdArray('float32', [rows.length, ...event], new Float32Array(rows.length * rows[0].size))
  for (const [k, { data }] of rows.entries()) out.data.set(data, k * data.length)
  return out
}

/**
 * One observation with K draws again, and which of them are not finite by other z either.
 *
 * @param program - the sampler's answer to z [K, ...event]
 * @param z - [1, ...event], that of a draw
 */
export const restoredAgain = async (
  program: (z: NdArray<'float32'>) => Promise<Summary>,
  z: (draw: number) => NdArray<'float32'>,
  draws: number,
): Promise<{ readonly out: Summary; readonly lost: readonly number[] }> => {
  const rows = Array.from({ length: draws }, (_, k) => z(k))
  let out = await program(stacked(rows))
  let bad = badDraws(out)
  for (let attempt = 1; attempt <= TRIES && bad.length > 0; attempt++) {
    for (const k of bad) rows[k] = z(k + attempt * SPARE)
    out = await program(stacked(rows))
    bad = badDraws(out)
  }
  return { out, lost: bad }
}
