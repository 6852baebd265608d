/** Samples of a lap in a run folder: a file for each shard, written once and whole, read row by row. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TweedieError } from '../../error.ts'
import { flushFolder } from '../../formats/bytes/atomic.ts'
import { type ArrayFile, checkSafetensors, openArrays, writeArrays } from '../../formats/index.ts'
import { float32, type NdArray, sizeOf, zeros } from '../../tensor/index.ts'
import { checkShard, rowsOf, type SampleStore, type ShardLayout, shardOf } from '../../training/index.ts'
import { sweepTemporaries } from '../layout.ts'
import { holdsShard, shardFile, shardShape, X } from '../shards/shard-file.ts'

/** Files that are open at once. */
const OPEN = 64

/** An open shard, when it holds what the layout says. @throws TweedieError `input` */
const openShard = (path: string, layout: ShardLayout, shard: number): ArrayFile => {
  const file = openArrays(path)
  if (holdsShard(file, layout, shard)) return file
  file.close()
  throw new TweedieError(
    'input',
    `${path}: expected samples '${X}' of float32 [${shardShape(layout, shard)}]`,
  )
}

/** The last few files that were asked for. */
const openFiles = (open: (shard: number) => ArrayFile) => {
  const files = new Map<number, ArrayFile>()
  const close = (shard: number): void => {
    files.get(shard)?.close()
    files.delete(shard)
  }
  return {
    close,
    closeAll: () => [...files.keys()].forEach(close),
    of: (shard: number): ArrayFile => {
      const known = files.get(shard)
      const file = known ?? open(shard)
      files.delete(shard) // the last one asked for goes to the end
      files.set(shard, file)
      if (!known && files.size > OPEN) close([...files.keys()][0])
      return file
    },
  }
}

/** The first shards of a folder, all of which are read once. @throws TweedieError `input` */
const checkShards = (folder: string, layout: ShardLayout, written: number): void => {
  for (let shard = 0; shard < written; shard++) {
    const path = shardFile(folder, shard)
    if (!existsSync(path))
      throw new TweedieError(
        'input',
        `${path}: is missing, and the resume point needs it; start the run anew`,
      )
    openShard(path, layout, shard).close()
    checkSafetensors(path)
  }
}

/** Samples whose shards are looked for when they are asked for. */
const storeOf = (folder: string, layout: ShardLayout): SampleStore => {
  const { event } = layout
  const size = sizeOf(event)
  const files = openFiles((shard) => openShard(shardFile(folder, shard), layout, shard))
  const rowOf = (row: number): NdArray<'float32'> => {
    const shard = shardOf(layout, row)
    const at = row - layout.bounds[shard]
    return float32(files.of(shard).rows(X, at, at + 1))
  }
  return {
    layout,
    count: rowsOf(layout),
    event,
    rowsAt: (rows) => {
      const x = zeros([rows.length, ...event])
      for (const [i, row] of rows.entries()) x.data.set(rowOf(row).data, i * size)
      return x
    },
    write: (shard: number, x: NdArray<'float32'>) => {
      checkShard(layout, shard, x)
      if (!existsSync(folder)) {
        mkdirSync(folder, { recursive: true })
        flushFolder(dirname(folder))
      }
      files.close(shard)
      writeArrays(shardFile(folder, shard), { [X]: x })
    },
    release: files.closeAll,
  }
}

/**
 * Opens the samples of a lap.
 *
 * @param written - shards that are there, the first ones; with 0 what the folder holds is removed
 * @param keep - whether it is left: others draw into the folder, and each file says what it is of
 * @throws TweedieError `input` when one of those is missing or damaged: all of them are read once
 */
export const folderSamples = (
  folder: string,
  layout: ShardLayout,
  written: number,
  { keep = false }: { readonly keep?: boolean } = {},
): SampleStore => {
  if (written === 0 && !keep) rmSync(folder, { recursive: true, force: true })
  else if (existsSync(folder)) sweepTemporaries(folder)
  checkShards(folder, layout, written)
  return storeOf(folder, layout)
}

/**
 * Opens the samples of a lap that are all there, for who only reads them.
 *
 * @throws TweedieError `input` as {@link folderSamples}
 */
export const drawnSamples = (folder: string, layout: ShardLayout): SampleStore => {
  checkShards(folder, layout, layout.bounds.length - 1)
  return storeOf(folder, layout)
}

/** Removes folders of these names from the folder of draws, but those that are needed. */
export const removeFolders = (draws: string, names: RegExp, needed: ReadonlySet<string>): void => {
  for (const entry of readdirSync(draws, { withFileTypes: true }))
    if (entry.isDirectory() && names.test(entry.name) && !needed.has(entry.name))
      rmSync(join(draws, entry.name), { recursive: true, force: true })
}
