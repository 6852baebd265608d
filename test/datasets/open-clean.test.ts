import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openClean, readClean } from '../../src/datasets/index.ts'
import { encodePng, openImages, readImages, writeArrays } from '../../src/formats/index.ts'
import { integers, stream, uniform } from '../../src/random/index.ts'
import { itemAt, ndarray, rows } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'
import { writeFastMriVolume } from './layouts.ts'

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
