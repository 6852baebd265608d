/** How many rows at once would fit, where all of a batch do not. */
import type { Counts } from './plan.ts'
import type { Misfit } from './verdict.ts'

/** The field that says how many rows a stage has in memory at once. */
const rowsFields: Readonly<Record<string, string>> = {
  training: 'train.microBatch',
  drawing: 'em.batch',
}

const memoryOf = ({ stages }: Counts, name: string): number =>
  stages.find((stage) => stage.name === name)?.memory ?? Number.POSITIVE_INFINITY

const rowsOf = ({ step, draw }: Counts, name: string): number =>
  name === 'drawing' ? (draw?.rows ?? 1) : step.rows

/**
 * Rows at which a stage fits: memory grows along the line through one row and all of them, or less.
 *
 * @param single - the counts of the same work with one row at a time
 * @returns `train.microBatch=8`; nothing where not even one row fits, or rows are not what it is about
 */
export const remedyOf = (
  { name, available }: Pick<Misfit, 'name' | 'available'>,
  counts: Counts,
  single: Counts,
): string | undefined => {
  const field = rowsFields[name]
  const [rows, most, least] = [rowsOf(counts, name), memoryOf(counts, name), memoryOf(single, name)]
  if (field === undefined || rows < 2 || !(least <= available)) return undefined
  const fitting = 1 + Math.floor(((available - least) * (rows - 1)) / (most - least))
  return `${field}=${Math.max(1, Math.min(rows - 1, fitting))}`
}
