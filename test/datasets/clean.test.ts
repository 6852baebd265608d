import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { dataSetNames, readClean } from '../../src/datasets/index.ts'
import { encodePng, writeArrays } from '../../src/formats/index.ts'
import { ndarray, rows, toNumbers, zeros } from '../../src/tensor/ndarray.ts'
import { encodeIdx, writeCifarFolder, writeFastMriVolume } from './layouts.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-clean-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
const fresh = (name: string): string => {
  mkdirSync(at(name))
  return at(name)
}

describe('clean data', () => {
  it('come by name, in their own units', async () => {
    expect((await readClean('mnist', { split: 'test' })).x.shape).toEqual([1000, 1, 28, 28])
    expect((await readClean('photos', { split: 'test' })).x.shape.slice(1)).toEqual([3, 32, 32])
    expect((await readClean('mri')).x.shape.slice(1)).toEqual([1, 64, 64])
    expect((await readClean('manifold', { split: 'test' })).range).toEqual([-2, 2])
    for (const name of dataSetNames.filter((name) => name !== 'manifold'))
      expect((await readClean(name)).range, name).toEqual([0, 1])
  })

  it('have a validation part where there is one, and say so where not', async () => {
    expect((await readClean('photos', { split: 'val' })).x.shape).toEqual([120, 3, 32, 32])
    const [train, val] = [await readClean('mnist'), await readClean('mnist', { split: 'val' })]
    expect(val.x).toEqual(rows(train.x, 8500, 9000))
    expect((await readClean('mri', { split: 'val' })).x.shape).toEqual([32, 1, 64, 64])
    const cifar = fresh('cifar-val')
    writeCifarFolder(cifar, 1)
    await expect(readClean(cifar, { split: 'val' })).rejects.toThrow(/no validation part/)
  })

  it.each([[20], []].map((shape) => ({ shape })))('of shape $shape are no items', async ({ shape }) => {
    writeArrays(at('row.npy'), { x: zeros(shape) })
    await expect(readClean(at('row.npy'))).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(
        /row\.npy: field '\w+' must be \[N, \.\.\.\], .*, got \[(20)?\]; reshape it/,
      ),
    })
  })

  it.skipIf(process.platform === 'win32')('are not waited for in a pipe', async () => {
    execFileSync('mkfifo', [at('pipe.npy')])
    await expect(readClean(at('pipe.npy'))).rejects.toThrow(/pipe\.npy: expected a file, got a pipe/)
  })

  it('of another name are refused with the name that was meant', async () => {
    await expect(readClean('mnits')).rejects.toThrow(
      /^mnits: no such file or folder, nor a data set \(mnist, photos, .*\); did you mean 'mnist'\?$/,
    )
    await expect(readClean('mri-macaq')).rejects.toThrow(/did you mean 'mri-macaque'\?$/)
    await expect(readClean('celeba-hq-256')).rejects.toThrow(/\(mnist, .*\)$/)
  })

  it('come from arrays by name, by split, or from the first; bytes are k / 255', async () => {
    const bytes = ndarray([0, 51, 255, 102], [1, 2, 2], 'uint8')
    writeArrays(at('parts.npz'), { train: bytes, test: ndarray([1, 2, 3, 4, 5, 6], [3, 2]) })
    const train = (await readClean(at('parts.npz'))).x
    expect(train.shape).toEqual([1, 1, 2, 2])
    expect(toNumbers(train)).toEqual([0, 51 / 255, 1, 102 / 255].map(Math.fround))
    const other = (await readClean(at('parts.npz'), { split: 'test' })).x
    expect([other.shape, toNumbers(other)]).toEqual([
      [3, 2],
      [1, 2, 3, 4, 5, 6],
    ])
    writeArrays(at('x.npy'), { x: ndarray([0.5, 2], [2, 1], 'float64') })
    expect(toNumbers((await readClean(at('x.npy'))).x)).toEqual([0.5, 2])
    writeArrays(at('bad.npy'), { bad: ndarray([1, Number.NaN], [2, 1]) })
    await expect(readClean(at('bad.npy'))).rejects.toThrow(/field 'bad' is not finite at flat index 1/)
    writeArrays(at('int.npy'), { x: ndarray([1, 2], [2, 1], 'int32') })
    await expect(readClean(at('int.npy'))).rejects.toThrow(
      /must have dtype float32, float64 or uint8, got int32/,
    )
  })

  it('are images when they have rows, and signals on points when they have one only', async () => {
    writeArrays(at('grey.npz'), { x: ndarray(new Array(24).fill(0.5), [2, 3, 4]) })
    writeArrays(at('signals.npz'), { x: ndarray(new Array(24).fill(0.5), [2, 1, 12]) })
    expect((await readClean(at('grey.npz'))).x.shape).toEqual([2, 1, 3, 4])
    expect((await readClean(at('signals.npz'))).x.shape).toEqual([2, 1, 12])
  })

  it('come from IDX files', async () => {
    writeFileSync(at('some-idx3-ubyte'), encodeIdx(ndarray([0, 255], [2, 1, 1], 'uint8')))
    expect(toNumbers((await readClean(at('some-idx3-ubyte'))).x)).toEqual([0, 1])
  })

  it('come from folders, known by what lies in them', async () => {
    writeCifarFolder(fresh('cifar'), 2)
    expect((await readClean(at('cifar'), { split: 'test' })).x.shape).toEqual([2, 3, 32, 32])
    await writeFastMriVolume(join(fresh('mri'), 'a.h5'), 13, 4)
    await writeFastMriVolume(at('mri/b.h5'), 13, 4)
    expect((await readClean(at('mri'))).x.shape).toEqual([6, 1, 4, 4])
    expect((await readClean(at('mri'), { most: 2 })).x.shape).toEqual([3, 1, 4, 4])
    expect((await readClean(at('mri/a.h5'))).x.shape).toEqual([3, 1, 4, 4])
    writeFileSync(
      join(fresh('fashion'), 'train-images-idx3-ubyte'),
      encodeIdx(ndarray([1, 2, 3], [3, 1, 1], 'uint8')),
    )
    expect((await readClean(at('fashion'))).x.shape).toEqual([3, 1, 1, 1])
    writeFileSync(join(fresh('png'), 'a.png'), encodePng(ndarray([0, 1], [1, 2])))
    expect((await readClean(at('png'))).x.shape).toEqual([1, 1, 1, 2])
    await expect(readClean(fresh('empty'))).rejects.toThrow(/no .png or .jpg file in this folder/)
  })
})
