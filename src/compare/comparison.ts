/** A comparison: every cell measured, or taken from the cache. */
import { TweedieError } from '../error.ts'
import { type NdArray, rows } from '../tensor/index.ts'
import type { Cache, StoredResult } from './cache.ts'
import { type BaselineCell, type BenchSetup, type Cell, cellKey } from './cell.ts'
import { type Bench, measure } from './measure.ts'
import { observed } from './sets.ts'

/** A cell with what was found. */
export interface Entry extends StoredResult {
  readonly cell: Cell
}

/** Where and with what to compare. */
export interface ComparisonOptions extends Omit<Bench, 'sets' | 'truth' | 'onProgress'> {
  /** [N, ...event] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  readonly setup: BenchSetup
  readonly cache: Cache
  /** Before each cell that is measured, and while it is. */
  readonly onCell?: (cell: Cell, index: number, total: number) => void
  readonly onProgress?: (cell: Cell, done: number, total: number) => void
  /**
   * A baseline does not take what its task observes: its cell is left out. Default: an error.
   */
  readonly onRefused?: (cell: BaselineCell, reason: string) => void
}

/** The reason for which a baseline refuses a cell; undefined for all else. */
const refusalOf = (error: unknown): string | undefined =>
  error instanceof TweedieError && error.code === 'input' ? error.message : undefined

/**
 * Measures the cells in their order; those of the cache cost nothing.
 *
 * @throws TweedieError `input`, `interrupted`; what was measured before is in the cache
 */
export const compare = async (cells: readonly Cell[], options: ComparisonOptions): Promise<Entry[]> => {
  const { setup, cache, onCell, onProgress, onRefused, ...bench } = options
  const entries: Entry[] = []
  for (const [index, cell] of cells.entries()) {
    const key = cellKey(cell, setup)
    const kept = cache.read(key)
    if (kept) {
      entries.push({ cell, ...kept })
      continue
    }
    onCell?.(cell, index, cells.length)
    const truth = rows(options.truth, 0, cell.images)
    const sets = await observed(cell.task, truth, cell.seed, options)
    try {
      const measured = await measure(cell, {
        ...bench,
        truth,
        sets,
        onProgress: (done, total) => onProgress?.(cell, done, total),
      })
      entries.push({ cell, ...cache.write(key, measured) })
    } catch (error) {
      const reason = refusalOf(error)
      if (cell.kind !== 'baseline' || reason === undefined || !onRefused) throw error
      onRefused(cell, reason)
    }
  }
  return entries
}
