/** The file of a shard: its samples, and what they were drawn under. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ArrayFile, writeArrays } from '../../formats/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import type { ShardLayout } from '../../training/index.ts'
import { type FileState, fileState } from './made-file.ts'

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

/**
 * Whether a shard is there, whole, and drawn under this.
 *
 * @throws TweedieError `io` when the disk refuses
 */
export const shardState = (folder: string, layout: ShardLayout, shard: number, prior: string): FileState =>
  fileState(
    shardFile(folder, shard),
    (file) => holdsShard(file, layout, shard) && file.metadata.prior === prior,
  )

/** Removes a shard that is not what it should be. */
export const removeShard = (folder: string, shard: number): void =>
  rmSync(shardFile(folder, shard), { force: true })
