/** The samples of a lap of DiEM, looked at shard by shard. */
import { TweedieError } from '../error.ts'
import { type BatchDraw, type DrawAddress, range, rowsNotFinite } from '../posterior/index.ts'
import { float32, NdArray, rows, sizeOf } from '../tensor/index.ts'
import type { SampleRows, SampleStore } from '../training/index.ts'

/** Which shards are drawn: of so many observations, from shard `done` on. */
interface ShardAddress extends Omit<DrawAddress, 'draw'> {
  readonly count: number
  readonly done: number
}

/**
 * Draws the shards of a store one after the other, each a batch of one draw of all observations.
 *
 * @param onShard - after each, with the number that are there; throws to stop
 * @param check - before a shard is written, with its first row; throws to refuse it
 */
export const drawShards = async (
  draw: BatchDraw,
  samples: SampleStore,
  { count, done, ...address }: ShardAddress,
  onShard: (done: number) => void,
  check: (shard: NdArray<'float32'>, from: number) => void = () => {},
): Promise<void> => {
  const { bounds } = samples.layout
  const size = bounds[1]
  for (let i = done; i + 1 < bounds.length; i++) {
    // One compiled shape serves the short last batch too.
    const from = Math.min(bounds[i] % count, count - size)
    const x = await draw(from, from + size, { ...address, draw: Math.floor(bounds[i] / count) })
    const shard = rows(float32(x), size - (bounds[i + 1] - bounds[i]), size)
    check(shard, bounds[i])
    samples.write(i, shard)
    onShard(i + 1)
  }
}

/** A shard of which a sample is finite: where none is, the sampler has diverged, and others would too. */
export const checkFinite = (shard: NdArray<'float32'>, from: number, lap: number): void => {
  if (rowsNotFinite(shard).length < shard.shape[0]) return
  throw new TweedieError(
    'numeric',
    `posterior sample ${from} of lap ${lap + 1} is not finite, nor are those after it: ` +
      'the sampler diverged; try more steps, or a bound',
  )
}

/**
 * Rows whose coordinates all lie inside (−bound, bound), shard by shard; nothing where all do. Without a
 * bound those that are finite.
 *
 * @throws TweedieError `numeric` where none do
 */
export const rowsInside = (
  { layout: { bounds }, rowsAt }: SampleStore,
  bound = Number.POSITIVE_INFINITY,
): NdArray<'int32'> | undefined => {
  const kept: number[] = []
  for (let shard = 0; shard + 1 < bounds.length; shard++) {
    const from = bounds[shard]
    const x = rowsAt(range(from, bounds[shard + 1]))
    const n = sizeOf(x.shape.slice(1))
    for (let i = 0; i < x.shape[0]; i++)
      if (x.data.subarray(i * n, (i + 1) * n).every((v) => Math.abs(v) < bound)) kept.push(from + i)
  }
  if (kept.length === bounds[bounds.length - 1]) return undefined
  if (kept.length > 0) return new NdArray('int32', [kept.length], Int32Array.from(kept))
  throw new TweedieError('numeric', `every posterior sample left (−${bound}, ${bound}): the sampler diverged`)
}

/** The first rows. */
export const firstRows = (samples: SampleRows, count: number): SampleRows =>
  count < samples.count ? { ...samples, count } : samples
