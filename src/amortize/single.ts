/** Flows of one measurement (Sun & Bouman 2021; Feng et al. 2023): which measurement that was. */
import { createHash } from 'node:crypto'
import { TweedieError } from '../error.ts'
import { type Observations, readRows } from '../observations/index.ts'
import type { NdArray } from '../tensor/index.ts'

const bytesOf = ({ data }: NdArray<'float32'>): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/**
 * The SHA-256 of what was observed of one signal: y and the parameters of its operator, in the units of the
 * data.
 *
 * @param row - of the set
 * @throws TweedieError `input` when the set has no such row
 *
 * @example
 * ```ts
 * measurementDigest(set, 3) === measurementDigest(observationRows(set, 3, 4), 0) // true
 * ```
 */
export const measurementDigest = (set: Observations, row: number): string => {
  const count = set.y.shape[0]
  if (!(Number.isInteger(row) && row >= 0 && row < count))
    throw new TweedieError('input', `measurement: the set has rows 0 to ${count - 1}, got ${row}`)
  const { y, operator } = readRows(set, row, row + 1)
  const hash = createHash('sha256').update(bytesOf(y))
  for (const [name, array] of Object.entries(operator.parameters)) hash.update(name).update(bytesOf(array))
  return hash.digest('hex')
}

/**
 * The row of a set that a sampler of one measurement is for.
 *
 * @param where - file, for messages
 * @throws TweedieError `input` when the set does not have it
 */
export const measurementRow = (digest: string, set: Observations, where: string): number => {
  const rows = Array.from({ length: set.y.shape[0] }, (_, i) => i)
  const row = rows.find((i) => measurementDigest(set, i) === digest)
  if (row === undefined)
    throw new TweedieError(
      'input',
      `${where}: the sampler is for one measurement, which is none of these ${rows.length}`,
    )
  return row
}
