/** What every place for samples must do: memory, and a run folder. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ppca } from '../../src/em/index.ts'
import { readSafetensors } from '../../src/formats/index.ts'
import { range } from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { folderSamples } from '../../src/run/learning/shard-folder.ts'
import { rows, rowsAt, toNumbers } from '../../src/tensor/index.ts'
import {
  chosenRows,
  memorySamples,
  type SampleStore,
  shardLayout,
  shardOf,
} from '../../src/training/index.ts'
import { scratch } from '../run/scratch.ts'

const layout = shardLayout({ count: 11, event: [2, 3] }, { batch: 4, draws: 3 })
const x = normal(stream(0, 'x'), [33, 2, 3])

const fill = (store: SampleStore, shards = range(0, layout.bounds.length - 1)): SampleStore => {
  for (const i of shards) store.write(i, rows(x, layout.bounds[i], layout.bounds[i + 1]))
  return store
}

it('every row is in the shard that says so, whatever the counts', () => {
  expect(layout.bounds).toEqual([0, 4, 8, 11, 15, 19, 22, 26, 30, 33])
  for (const [count, batch, draws] of [
    [1, 1, 1],
    [7, 3, 2],
    [6, 3, 1],
    [5, 9, 4],
  ]) {
    const made = shardLayout({ count, event: [] }, { batch, draws })
    const shards = range(0, count * draws).map((row) => shardOf(made, row))
    expect(shards.every((s, row) => made.bounds[s] <= row && row < made.bounds[s + 1])).toBe(true)
    expect(made.bounds.at(-1)).toBe(count * draws)
  }
})

const places: { name: string; open: () => SampleStore }[] = [
  { name: 'memory', open: () => memorySamples(layout) },
  { name: 'a run folder', open: () => folderSamples(join(scratch(), 'lap-001'), layout, 0) },
]

describe.each(places)('samples in $name', ({ open }) => {
  it('are given back to the bit, in any order, written in any order', () => {
    const store = fill(open(), [8, 0, 3, 1, 2, 7, 5, 6, 4])
    expect([store.count, store.event]).toEqual([33, [2, 3]])
    for (const index of [range(0, 33), [32, 0, 11, 10, 0], [4], []])
      expect(store.rowsAt(index)).toEqual(rowsAt(x, index))
    store.release()
    expect(store.rowsAt([20, 3])).toEqual(rowsAt(x, [20, 3]))
    store.release()
  })

  it('can be asked for as soon as their shard is there; a shard written again counts', () => {
    const store = fill(open(), [2])
    expect(store.rowsAt([9])).toEqual(rowsAt(x, [9]))
    expect(() => store.rowsAt([0])).toThrow(expect.objectContaining({ code: 'input' }))
    store.write(2, rows(x, 0, 3))
    expect(store.rowsAt([9])).toEqual(rowsAt(x, [1]))
    expect(() => store.write(2, rows(x, 0, 4))).toThrow(/shard 2 should be \[3,2,3\], got \[4,2,3\]/)
    store.release()
  })

  it('have the principal components of the same array', async () => {
    const store = fill(open())
    const [a, b] = [await ppca(store, 3), await ppca(x, 3)]
    expect(a).toEqual(b)
    const some = [3, 30, 7, 8, 21, 22, 23, 12, 13]
    expect(toNumbers((await ppca(chosenRows(store, some), 2)).mean)).toEqual(
      toNumbers((await ppca(rowsAt(x, some), 2)).mean),
    )
    store.release()
  })
})

describe('a folder of samples', () => {
  const filled = () => {
    const folder = join(scratch(), 'lap-001')
    fill(folderSamples(folder, layout, 0)).release()
    return folder
  }
  const last = layout.bounds.length - 1

  it('is one whole file for each shard', () => {
    const folder = filled()
    expect(readdirSync(folder)).toEqual(range(0, last).map((i) => `000${i}.safetensors`))
    expect(readSafetensors(join(folder, '0002.safetensors')).arrays).toEqual({ x: rows(x, 8, 11) })
  })

  it('goes on with what is there, and begins anew without it', () => {
    const folder = filled()
    writeFileSync(join(folder, `0001.safetensors.${process.pid}.tmp`), 'half')
    const store = folderSamples(folder, layout, last)
    expect(store.rowsAt(range(0, 33))).toEqual(x)
    expect(readdirSync(folder).length).toBe(last)
    store.release()
    folderSamples(folder, layout, 0)
    expect(() => readdirSync(folder)).toThrow(/ENOENT/)
  })

  it('says in one line which shard is missing, damaged, or of something else', () => {
    const folder = filled()
    const open = (of = layout) => folderSamples(folder, of, last)
    const path = join(folder, '0004.safetensors')
    const bytes = readFileSync(path)
    bytes[bytes.length - 3] ^= 1
    writeFileSync(path, bytes)
    expect(() => open()).toThrow(/0004\.safetensors: field 'x': damaged/)
    rmSync(path)
    expect(() => open()).toThrow(/0004\.safetensors: is missing, and the resume point needs it/)
    folderSamples(folder, layout, 4).release()
    expect(() => open({ ...layout, event: [6] })).toThrow(
      /0000\.safetensors: expected samples 'x' of float32 \[4,6\]/,
    )
  })

  it.skipIf(process.platform !== 'linux')('keeps few files open', () => {
    const many = shardLayout({ count: 300, event: [] }, { batch: 1, draws: 1 })
    const store = folderSamples(join(scratch(), 'all'), many, 0)
    const values = normal(stream(1, 'x'), [300])
    for (let i = 0; i < 300; i++) store.write(i, rows(values, i, i + 1))
    expect(store.rowsAt(range(0, 300))).toEqual(values)
    const open = readdirSync('/proc/self/fd').length
    store.release()
    expect(open - readdirSync('/proc/self/fd').length).toBe(64)
  })
})
