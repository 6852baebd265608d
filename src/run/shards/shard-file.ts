/** The file of a shard: its samples, and what they were drawn under. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { TweedieError } from '../../error.ts'
import { type ArrayFile, checkSafetensors, openArrays, writeArrays } from '../../formats/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import type { ShardLayout } from '../../training/index.ts'

/** Name of the array. */
export const X = 'x'

/** The file of a shard. */
export const shardFile = (folder: string, shard: number): string =>
  join(folder, `${String(shard).padStart(4, '0')}.safetensors`)

/**
 * Writes a shard, whole or not at all.
 *
 * @param prior - digest of what it was drawn under
 */
export const writeShard = (folder: string, shard: number, x: NdArray<'float32'>, prior: string): void =>
  writeArrays(shardFile(folder, shard), { [X]: x }, { prior })

/** What there is of a shard. */
export type ShardState = 'there' | 'absent' | 'damaged' | 'other'

/** Shape of the samples of a shard. */
export const shardShape = ({ event, bounds }: ShardLayout, shard: number): number[] => [
  bounds[shard + 1] - bounds[shard],
  ...event,
]

/** Whether a file holds samples of the shape of a shard, and nothing else. */
export const holdsShard = ({ fields }: ArrayFile, layout: ShardLayout, shard: number): boolean => {
  const { [X]: field, ...others } = fields
  const isAlone = Object.keys(others).length === 0
  return isAlone && field?.dtype === 'float32' && `${field.shape}` === `${shardShape(layout, shard)}`
}

/** What a file holds: all of it is read once. */
const stateOf = (path: string, layout: ShardLayout, shard: number, prior: string): ShardState => {
  const file = openArrays(path)
  try {
    if (!holdsShard(file, layout, shard) || file.metadata.prior !== prior) return 'other'
  } finally {
    file.close()
  }
  checkSafetensors(path)
  return 'there'
}

/**
 * Whether a shard is there, whole, and drawn under this.
 *
 * @throws TweedieError `io` when the disk refuses
 */
export const shardState = (folder: string, layout: ShardLayout, shard: number, prior: string): ShardState => {
  const path = shardFile(folder, shard)
  if (!existsSync(path)) return 'absent'
  try {
    return stateOf(path, layout, shard, prior)
  } catch (error) {
    if (error instanceof TweedieError && error.code === 'input') return 'damaged'
    throw error
  }
}

/** Removes a shard that is not what it should be. */
export const removeShard = (folder: string, shard: number): void =>
  rmSync(shardFile(folder, shard), { force: true })
