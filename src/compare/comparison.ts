/** A comparison: every cell measured, or taken from the cache. */

import type { ObservationSet } from '../data/index.ts'
import { observe } from '../operators/index.ts'
import { type NdArray, rows } from '../tensor/index.ts'
import type { Cache, Kept } from './cache.ts'
import { type Arena, type Cell, cellKey, type Task } from './cell.ts'
import { type Bench, measure } from './measure.ts'

/** A cell with what was found. */
export interface Entry extends Kept {
  readonly cell: Cell
}

/** What was seen of the first test images of a task, for the pictures. */
export interface Seen {
  readonly truth: NdArray<'float32'>
  readonly sets: ReadonlyMap<string, ObservationSet>
}

/** Where and with what to compare. */
export interface ComparisonOptions extends Omit<Bench, 'set' | 'truth' | 'onProgress'> {
  /** [N, C, H, W] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  readonly arena: Arena
  readonly cache: Cache
  /** Before each cell that is measured, and while it is. */
  readonly onCell?: (cell: Cell, index: number, total: number) => void
  readonly onProgress?: (cell: Cell, done: number, total: number) => void
}

/** The corrupted view of the first `images` test items: the same for all methods and steps. */
export const observed = async (
  task: Task,
  truth: NdArray<'float32'>,
  seed: number,
): Promise<ObservationSet> =>
  observe(truth, { operator: task.operator, noise: task.noise, range: [0, 1], seed })

/**
 * Measures the cells in their order; those of the cache cost nothing.
 *
 * @throws TweedieError `input`, `interrupted`; what was measured before is in the cache
 */
export const compare = async (cells: readonly Cell[], options: ComparisonOptions): Promise<Entry[]> => {
  const { arena, cache, onCell, onProgress, ...bench } = options
  const entries: Entry[] = []
  for (const [index, cell] of cells.entries()) {
    const key = cellKey(cell, arena)
    const kept = cache.read(key)
    if (kept) {
      entries.push({ cell, ...kept })
      continue
    }
    onCell?.(cell, index, cells.length)
    const truth = rows(options.truth, 0, cell.images)
    const set = await observed(cell.task, truth, cell.seed)
    const measured = await measure(cell, {
      ...bench,
      truth,
      set,
      onProgress: (done, total) => onProgress?.(cell, done, total),
    })
    entries.push({ cell, ...cache.write(key, measured) })
  }
  return entries
}
