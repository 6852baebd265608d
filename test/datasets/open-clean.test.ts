import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cleanRows } from '../../src/cli/config/clean-rows.ts'
import { openClean, readClean, SPHERE, sphereLatitudes, sphereLongitudes } from '../../src/datasets/index.ts'
import { keptItems } from '../../src/datasets/kept-items.ts'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { encodePng, openImages, readImages, writeArrays } from '../../src/formats/index.ts'
import { constantRate, mlp } from '../../src/nn/index.ts'
import { integers, stream, uniform } from '../../src/random/index.ts'
import { itemAt, ndarray, reshaped, rows, sizeOf } from '../../src/tensor/index.ts'
import {
  denoisingObjective,
  initTrainState,
  mappedRows,
  sampleRows,
  trainer,
} from '../../src/training/index.ts'
import { scratch } from '../run/scratch.ts'
import { cifarBatch, encodeIdx, gzipped, writeCifarFolder, writeFastMriVolume } from './layouts.ts'

const COUNT = 5

it.each(['.npy', '.npz', '.safetensors'])('gives items of a %s where they lie', async (extension) => {
  const path = join(scratch(), `clean${extension}`)
  const floats = uniform(stream(0, 'x'), [COUNT, 6, 7])
  const bytes = ndarray(integers(stream(0, 'bytes'), 0, 256, [COUNT * 42]).data, [COUNT, 6, 7], 'uint8')
  for (const array of [floats, bytes, uniform(stream(0, 'x'), [COUNT, 9])]) {
    writeArrays(path, { x: array })
    const [whole, clean] = [await readClean(path), await openClean(path)]
    const { x, ...rest } = whole
    expect({ range: clean.range, view: clean.view, shape: clean.shape }).toEqual({ ...rest, shape: x.shape })
    for (const [from, to] of [
      [0, COUNT],
      [1, 3],
      [4, 5],
    ])
      expect(clean.rows(from, to)).toEqual(rows(x, from, to))
  }
})

it('says what is wrong with a file, as reading it whole does', async () => {
  const path = join(scratch(), 'clean.npz')
  for (const [array, message] of [
    [ndarray([1, 2]), "field 'x' must be [N, ...]"],
    [ndarray([1, 2], [1, 2], 'int32'), 'must have dtype float32, float64 or uint8, got int32'],
  ] as const) {
    writeArrays(path, { x: array })
    await expect(openClean(path)).rejects.toThrow(message)
    await expect(readClean(path)).rejects.toThrow(message)
  }
  writeArrays(path, { x: ndarray([1, Number.NaN, 3, 4], [2, 2]) })
  const clean = await openClean(path)
  expect(clean.rows(1, 2)).toEqual(ndarray([3, 4], [1, 2]))
  expect(() => clean.rows(0, 1)).toThrow('is not finite')
})

it('reads images of a folder when they are asked for', async () => {
  const folder = join(scratch(), 'photos')
  mkdirSync(folder)
  const x = uniform(stream(0, 'x'), [COUNT, 3, 8, 9])
  for (let i = 0; i < COUNT; i++) writeFileSync(join(folder, `${i}.png`), encodePng(itemAt(x, i)))
  const { images, names } = readImages(folder)
  const clean = await openClean(folder)
  expect(clean.shape).toEqual([COUNT, 3, 8, 9])
  expect(openImages(folder).names).toEqual(names)
  expect(clean.rows(1, 4)).toEqual(rows(images, 1, 4))
  // Another size and a damaged file are found when they are read, not before.
  writeFileSync(join(folder, '3.png'), encodePng(uniform(stream(0, 'x'), [3, 8, 8])))
  writeFileSync(join(folder, '4.png'), 'no image')
  const opened = await openClean(folder)
  expect(opened.rows(0, 3)).toEqual(rows(images, 0, 3))
  expect(() => opened.rows(2, 4)).toThrow('3.png: image of shape [3,8,8], but 0.png has [3,8,9]')
  expect(() => opened.rows(4, 5)).toThrow('4.png: ')
  await expect(readClean(folder)).rejects.toThrow('3.png: image of shape')
})

it('of other data gives them whole, by rows', async () => {
  const [clean, whole] = [
    await openClean('mri', { split: 'test' }),
    await readClean('mri', { split: 'test' }),
  ]
  expect(clean.shape).toEqual(whole.x.shape)
  expect(clean.rows(2, 4)).toEqual(rows(whole.x, 2, 4))
  await expect(openClean('nothing-there')).rejects.toThrow('no such file or folder')
})

/** Every source that is read where it lies, each with a few items. */
const sources: Readonly<Record<string, (folder: string) => string | Promise<string>>> = {
  'CIFAR-10': (folder) => {
    writeCifarFolder(folder, 3)
    return folder
  },
  'an IDX file': (folder) => {
    const path = join(folder, 'some-idx3-ubyte')
    writeFileSync(path, encodeIdx(digits(7)))
    return path
  },
  'a gzipped IDX file': (folder) => {
    const path = join(folder, 'some-idx3-ubyte.gz')
    writeFileSync(path, gzipped(encodeIdx(digits(7))))
    return path
  },
  "MNIST's layout": (folder) => {
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), encodeIdx(digits(5)))
    writeFileSync(join(folder, 't10k-images-idx3-ubyte.gz'), gzipped(encodeIdx(digits(4))))
    return folder
  },
  'images on the bunny': (folder) => {
    writeFileSync(join(folder, 'some-idx3-ubyte'), encodeIdx(digits(7)))
    return `bunny:${join(folder, 'some-idx3-ubyte')}`
  },
  'maps of ERA5': writeMaps,
  'maps of ERA5 as a grid': (folder) => `grid:${writeMaps(folder)}`,
  'a folder of pictures': (folder) => {
    const x = uniform(stream(1, 'x'), [COUNT, 1, 6, 5])
    for (let i = 0; i < COUNT; i++) writeFileSync(join(folder, `${i}.png`), encodePng(itemAt(x, i)))
    return folder
  },
  'fastMRI volumes': async (folder) => {
    for (const name of ['a', 'b', 'c']) await writeFastMriVolume(join(folder, `${name}.h5`), 13, 8)
    return folder
  },
}

const digits = (count: number) =>
  ndarray(integers(stream(0, 'digits'), 0, 256, [count * 24]).data, [count, 6, 4], 'uint8')

function writeMaps(folder: string): string {
  const grid = [SPHERE.rows, SPHERE.columns]
  for (let i = 0; i < COUNT; i++)
    writeArrays(join(folder, `${i}.npz`), {
      latitude: ndarray(sphereLatitudes, [SPHERE.rows], 'float64'),
      longitude: ndarray(sphereLongitudes, [SPHERE.columns], 'float64'),
      temperature: ndarray(
        uniform(stream(i, 'map'), grid).data.map((u) => 250 + 50 * u),
        grid,
      ),
    })
  return folder
}

describe.each(Object.entries(sources))('%s', (_, write) => {
  it('gives by rows what is read whole, and trains the same to the last bit', async () => {
    const source = await write(scratch())
    const part = { split: 'all' } as const
    const [{ x, ...said }, clean] = [await readClean(source, part), await openClean(source, part)]
    const [count] = clean.shape
    expect(clean.held).toBeUndefined()
    expect({ range: clean.range, view: clean.view, valid: clean.valid }).toEqual({
      valid: undefined,
      ...said,
    })
    expect(clean.shape).toEqual(x.shape)
    for (const [from, to] of [
      [count - 1, count],
      [0, count],
      [1, 3],
      [0, 0],
    ])
      expect(clean.rows(from, to)).toEqual(rows(x, from, to))
    const [fromDisk, inMemory] = [cleanRows(clean), x].map((items) => trained(items))
    expect(await fromDisk).toEqual(await inMemory)
    clean.close?.()
  })
})

/** The weights and losses after some steps of a tiny network. */
const trained = async (items: Parameters<typeof denoisingObjective>[1]) => {
  const { event } = sampleRows(items)
  const net = mlp({ features: sizeOf(event), hidden: [3] })
  const flat = mappedRows(sampleRows(items), (x) => reshaped(x, [x.shape[0], sizeOf(event)]))
  const streamOf = (purpose: string) => stream(5, purpose)
  const schedule = exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 10 })
  const objective = denoisingObjective(net, { ...flat, event: [sizeOf(event)] }, { schedule }, streamOf)
  const options = { batch: 2, rate: constantRate(1e-3), ema: 0.9 }
  const { step, release } = trainer(objective, options, streamOf('rows'))
  let state = initTrainState(net.init(0))
  const losses: number[] = []
  for (let i = 0; i < 5; i++) {
    const next = await step(state, { step: i })
    state = next.state
    losses.push(next.terms.loss)
  }
  await release()
  return { state, losses }
}

it('keeps the first items that were read, up to so many bytes', () => {
  const read: number[] = []
  const x = uniform(stream(0, 'x'), [6, 2, 2])
  const items = keptItems(
    {
      count: 6,
      rows: (from, to) => {
        read.push(from)
        return rows(x, from, to)
      },
    },
    [2, 2],
    3 * 4 * 4 + 1,
  )
  for (const [from, to] of [
    [2, 6],
    [0, 6],
  ])
    expect(items.rows(from, to)).toEqual(rows(x, from, to))
  expect(read).toEqual([2, 3, 4, 5, 0, 1, 5])
})

it('says where a label of CIFAR-10 is wrong, when its record is read', async () => {
  const folder = scratch()
  writeFileSync(join(folder, 'test_batch.bin'), cifarBatch(4).with(2 * 3073, 11))
  const clean = await openClean(folder, { split: 'test' })
  expect(clean.rows(3, 4).shape).toEqual([1, 3, 32, 32])
  expect(() => clean.rows(1, 3)).toThrow('test_batch.bin: label of record 2 must be 0 … 9, got 11')
})

it('reads the slices of fastMRI volumes when they are asked for', async () => {
  const folder = scratch()
  await writeFastMriVolume(join(folder, 'a.h5'), 14, 8)
  await writeFastMriVolume(join(folder, 'b.h5'), 12, 8, { packed: true })
  await writeFastMriVolume(join(folder, 'c.h5'), 45, 8)
  const { x } = await readClean(folder)
  const clean = await openClean(folder)
  expect(clean.shape).toEqual(x.shape)
  for (const [from, to] of [
    [0, 37],
    [3, 8],
    [5, 6],
    [2, 3],
  ])
    expect(await clean.rows(from, to)).toEqual(rows(x, from, to))
  expect((await openClean(folder, { most: 5 })).shape).toEqual([6, 1, 8, 8])
  await writeFastMriVolume(join(folder, 'd.h5'), 12, 9)
  await expect(openClean(folder)).rejects.toThrow('d.h5: slices of 9×9, but a.h5 has 8×8; all must agree')
  await expect(readClean(folder)).rejects.toThrow('d.h5: slices of 9×9, but a.h5 has 8×8; all must agree')
})
