/** The samples of a lap of DiEM, looked at shard by shard. */
import { TweedieError } from '../error.ts'
import { type BatchDraw, type DrawAddress, range, rowsNotFinite } from '../posterior/index.ts'
import { float32, NdArray, rows, sizeOf } from '../tensor/index.ts'
import { chosenRows, type SampleRows, type SampleStore, type ShardLayout } from '../training/index.ts'

/** Where the randomness of shards comes from: of draws of so many observations. */
interface ShardAddress extends Omit<DrawAddress, 'draw'> {
  readonly count: number
}

/** Draws a shard: a batch of one draw of all observations. */
export const drawShard = async (
  draw: BatchDraw,
  { bounds }: ShardLayout,
  shard: number,
  { count, ...address }: ShardAddress,
): Promise<NdArray<'float32'>> => {
  // One compiled shape serves the short last batch too.
  const size = bounds[1]
  const from = Math.min(bounds[shard] % count, count - size)
  const x = await draw(from, from + size, { ...address, draw: Math.floor(bounds[shard] / count) })
  return rows(float32(x), size - (bounds[shard + 1] - bounds[shard]), size)
}

/**
 * Draws the shards of a store from shard `done` on, one after the other.
 *
 * @param onShard - after each, with the number that are there; throws to stop
 */
export const drawShards = async (
  draw: (shard: number) => Promise<NdArray<'float32'>>,
  samples: SampleStore,
  done: number,
  onShard: (done: number) => void,
): Promise<void> => {
  const shards = samples.layout.bounds.length - 1
  for (let i = done; i < shards; i++) {
    samples.write(i, await draw(i))
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

/** The samples of a lap, and which of them count. */
export interface KeptSamples {
  readonly samples: SampleStore
  /** Rows inside the bound; absent: all. */
  readonly kept?: NdArray<'int32'>
}

/** The samples that a lap trains on: those inside the bound. */
export const keptSamples = ({ samples, kept }: KeptSamples): SampleRows =>
  kept ? chosenRows(samples, kept.data) : samples

/** The first rows. */
export const firstRows = (samples: SampleRows, count: number): SampleRows =>
  count < samples.count ? { ...samples, count } : samples
