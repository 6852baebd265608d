/**
 * Samples that are made shard by shard: a shard is a range of rows that is written once and whole. Here they
 * are kept in memory; a run keeps them in its folder.
 */
import { requireInteger } from '../checks.ts'
import { TweedieError } from '../error.ts'
import { type NdArray, type Shape, sizeOf, zeros } from '../tensor/index.ts'
import type { SampleRows } from './sample-rows.ts'

/** How rows are divided into shards. */
export interface ShardLayout {
  readonly event: Shape
  /** Rows before each shard, and those of all: shard i has the rows bounds[i] … bounds[i + 1] − 1. */
  readonly bounds: readonly number[]
}

/**
 * The shards of several draws of a set: each draw in batches of at most so many rows.
 *
 * @example
 * ```ts
 * const { bounds } = shardLayout({ count: 5, event: [2] }, { batch: 3, draws: 2 }) // [0, 3, 5, 8, 10]
 * ```
 */
export const shardLayout = (
  { count, event }: { readonly count: number; readonly event: Shape },
  { batch, draws }: { readonly batch: number; readonly draws: number },
): ShardLayout => {
  requireInteger(batch, 1, 'the size of batches')
  const bounds = [0]
  for (let k = 0; k < draws; k++)
    for (let from = 0; from < count; from += batch) bounds.push(k * count + Math.min(from + batch, count))
  return { event, bounds }
}

/** Rows of all shards. */
export const rowsOf = ({ bounds }: ShardLayout): number => bounds[bounds.length - 1]

/** The shard that has a row, by bisection. */
export const shardOf = ({ bounds }: ShardLayout, row: number): number => {
  let [low, high] = [0, bounds.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (bounds[middle] <= row) low = middle
    else high = middle
  }
  return low
}

/** @throws TweedieError `shape` for an array that is not this shard */
export const checkShard = ({ bounds, event }: ShardLayout, shard: number, x: NdArray): void => {
  const shape = [bounds[shard + 1] - bounds[shard], ...event]
  if (String(x.shape) !== String(shape))
    throw new TweedieError('shape', `shard ${shard} should be [${shape}], got [${x.shape}]`)
}

/** Samples by shards. Rows can be asked for as soon as their shard is written. */
export interface SampleStore extends SampleRows {
  readonly layout: ShardLayout
  /**
   * Keeps a shard; when this returns, it lasts. Written again, it replaces the one before.
   *
   * @throws TweedieError `io` when the disk refuses
   */
  write(shard: number, x: NdArray<'float32'>): void
  /** Closes what is open. The samples stay, and can be asked for still. */
  release(): void
}

/**
 * Samples in memory.
 *
 * @example
 * ```ts
 * const store = memorySamples(shardLayout({ count: 4, event: [] }, { batch: 2, draws: 1 }))
 * store.write(1, ndarray([3, 4]))
 * const x = store.rowsAt([3, 2]) // [4, 3]
 * ```
 */
export const memorySamples = (layout: ShardLayout): SampleStore => {
  const { event, bounds } = layout
  const shards = new Map<number, NdArray<'float32'>>()
  const size = sizeOf(event)
  return {
    layout,
    count: rowsOf(layout),
    event,
    rowsAt: (rows) => {
      const out = zeros([rows.length, ...event])
      for (const [i, row] of rows.entries()) {
        const shard = shardOf(layout, row)
        const x = shards.get(shard)
        if (!x) throw new TweedieError('input', `sample ${row} was not drawn yet`)
        const from = (row - bounds[shard]) * size
        out.data.set(x.data.subarray(from, from + size), i * size)
      }
      return out
    },
    write: (shard, x) => {
      checkShard(layout, shard, x)
      shards.set(shard, x)
    },
    release: () => {},
  }
}
