/** A comparison: every cell measured, or taken from the cache. */
import { TweedieError } from '../error.ts'
import { inOrder, type NdArray, rows, type Spread } from '../tensor/index.ts'
import type { Cache, StoredResult } from './cache.ts'
import { type BaselineCell, type BenchSetup, type Cell, cellKey } from './cell.ts'
import { type Bench, type CellResult, measure } from './measure.ts'
import { observed } from './sets.ts'

/** A cell with what was found. */
export interface Entry extends StoredResult {
  readonly cell: Cell
}

/** With what to compare. */
export interface ComparisonBench extends Omit<Bench, 'sets' | 'truth'> {
  /** [N, ...event] in [0, 1]. */
  readonly truth: NdArray<'float32'>
}

/** Where and with what to compare. */
export interface ComparisonOptions extends Omit<ComparisonBench, 'onProgress'> {
  readonly setup: BenchSetup
  readonly cache: Cache
  /** Who measures the cell of a place in the list; default this process, one after the other. */
  readonly spread?: Spread<number, CellResult>
  /** Before each cell that is measured, and while it is; not of those that others measure. */
  readonly onCell?: (cell: Cell, index: number, total: number) => void
  readonly onProgress?: (cell: Cell, done: number, total: number) => void
  /** After each cell, measured or from the cache, in their order. */
  readonly onEntry?: (done: number, total: number) => void
  /**
   * A baseline does not take what its task observes: its cell is left out. Default: an error.
   */
  readonly onRefused?: (cell: BaselineCell, reason: string) => void
}

/** The reason for which a baseline refuses a cell; undefined for all else. */
const refusalOf = (error: unknown): string | undefined =>
  error instanceof TweedieError && error.code === 'input' ? error.message : undefined

/**
 * Measures a cell on the observations of its task.
 *
 * @throws TweedieError as `measure`
 */
export const measureCell = async (cell: Cell, bench: ComparisonBench): Promise<CellResult> => {
  const truth = rows(bench.truth, 0, cell.images)
  const sets = await observed(cell.task, truth, cell.seed, bench)
  return measure(cell, { ...bench, truth, sets })
}

/**
 * Measures the cells; those of the cache cost nothing.
 *
 * @returns them in their order
 * @throws TweedieError `input`, `interrupted`; what was measured before is in the cache
 */
export const compare = async (cells: readonly Cell[], options: ComparisonOptions): Promise<Entry[]> => {
  const { setup, cache, spread, onCell, onProgress, onEntry, onRefused, ...bench } = options
  const measured = (cell: Cell, index: number): Promise<CellResult> => {
    if (spread) return spread(index)
    onCell?.(cell, index, cells.length)
    return measureCell(cell, { ...bench, onProgress: (done, total) => onProgress?.(cell, done, total) })
  }
  /** Nothing of a cell that is left out. */
  const entryOf = async ([index, cell]: [number, Cell]): Promise<Entry | undefined> => {
    const key = cellKey(cell, setup)
    const kept = cache.read(key)
    if (kept) return { cell, ...kept }
    try {
      return { cell, ...cache.write(key, await measured(cell, index)) }
    } catch (error) {
      const reason = refusalOf(error)
      if (cell.kind !== 'baseline' || reason === undefined || !onRefused) throw error
      onRefused(cell, reason)
      return undefined
    }
  }
  const entries: Entry[] = []
  const made = Object.assign(entryOf, { ahead: spread?.ahead ?? 1 })
  await inOrder(cells.entries(), made, (entry, [index]) => {
    if (entry) entries.push(entry)
    onEntry?.(index + 1, cells.length)
  })
  return entries
}
