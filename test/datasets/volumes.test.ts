import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readClean } from '../../src/datasets/index.ts'
import { ndarray } from '../../src/tensor/ndarray.ts'
import { encodeDicom } from '../formats/volumes/dicom-writer.ts'
import { encodeNifti, gzipped } from './layouts.ts'

const root = mkdtempSync(join(tmpdir(), 'tweedie-volumes-'))
afterAll(() => rmSync(root, { recursive: true }))

/** The path of a file. */
const file = (name: string, bytes: Uint8Array): string => {
  const path = join(root, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

/** 0, 1, 2, … times a factor, in a shape. */
const counted = (shape: readonly number[], factor = 1) =>
  ndarray(
    Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => factor * i),
    shape,
  )

/** Voxel axes x to the right, y to the front, z to the head. */
const upright = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]

describe('slices of volumes', () => {
  it('of magnitudes are divided by the largest value of their own volume', async () => {
    const path = file('head.nii.gz', gzipped(encodeNifti(counted([2, 3, 2]))))
    const { x, range, view } = await readClean(path)
    expect([x.shape, range, view]).toEqual([[2, 1, 3, 2], [0, 1], { kind: 'image' }])
    expect(x.data).toEqual(Float32Array.from({ length: 12 }, (_, i) => i / 11))
  })

  it('with negative values keep their units, and all of a folder then share the range', async () => {
    file('ct/a.nii', encodeNifti(counted([1, 2, 2], -100)))
    file('ct/b.nii', encodeNifti(counted([2, 2, 2], 10)))
    const { x, range } = await readClean(join(root, 'ct'))
    expect(range).toEqual([-300, 70])
    expect(Array.from(x.data)).toEqual([0, -100, -200, -300, 0, 10, 20, 30, 40, 50, 60, 70])
  })

  it('come from folders, volume after volume, and reading stops where there are enough', async () => {
    file('mr/b.nii', encodeNifti(counted([2, 2, 2], 10)))
    file('mr/a.nii.gz', gzipped(encodeNifti(counted([3, 2, 2]))))
    file('mr/notes.txt', new Uint8Array(3))
    const { x } = await readClean(join(root, 'mr'))
    expect(x.shape).toEqual([5, 1, 2, 2])
    expect([x.data[11], x.data.at(-1)]).toEqual([1, 1])
    expect((await readClean(join(root, 'mr'), { most: 2 })).x.shape).toEqual([3, 1, 2, 2])
  })

  it('of a series in time come time after time; single images are volumes of one slice', async () => {
    const path = file('fmri.nii', encodeNifti(counted([3, 2, 2, 2])))
    expect((await readClean(path)).x.shape).toEqual([6, 1, 2, 2])
    expect((await readClean(file('one.nii', encodeNifti(counted([4, 3]))))).x.shape).toEqual([1, 1, 4, 3])
    expect((await readClean(file('t1.nii', encodeNifti(counted([1, 1, 2, 3, 4]))))).x.shape).toEqual([
      2, 1, 3, 4,
    ])
    await expect(readClean(file('tensor.nii', encodeNifti(counted([6, 1, 2, 2, 2]))))).rejects.toThrow(
      /tensor\.nii: must be an image, a volume or a series \[T, Z, Y, X\], got \[6,1,2,2,2\]$/,
    )
    await expect(readClean(file('line.nii', encodeNifti(counted([4]))))).rejects.toThrow(/must be an image/)
  })

  it('are cut along the planes of the body, whichever way the voxels run', async () => {
    const shape = [4, 3, 2]
    const straight = file('ras.nii', encodeNifti(counted(shape), { sform: upright }))
    // the same head with x to the left and y, z swapped
    const { data } = counted(shape)
    const turned = ndarray(
      Array.from({ length: 24 }, (_, i) => {
        const [y, z, x] = [Math.floor(i / 8), Math.floor(i / 2) % 4, 1 - (i % 2)]
        return data[(z * 3 + y) * 2 + x]
      }),
      [3, 4, 2],
    )
    const other = file('other.nii', encodeNifti(turned, { sform: [-1, 0.1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0] }))
    for (const plane of ['axial', 'coronal', 'sagittal']) {
      const { x } = await readClean(`${plane}:${straight}`)
      expect((await readClean(`${plane}:${other}`)).x, plane).toEqual(x)
    }
    // lowest slice: front (y = 2) at the top, right (x = 1) on the left
    const axial = (await readClean(`axial:${straight}`)).x
    expect(axial.shape).toEqual([4, 1, 3, 2])
    expect(Array.from(axial.data.slice(0, 6), (v) => Math.round(23 * v))).toEqual([5, 4, 3, 2, 1, 0])
    const coronal = (await readClean(`coronal:${straight}`)).x
    expect(coronal.shape).toEqual([3, 1, 4, 2])
    expect(Math.round(23 * coronal.data[0])).toBe(23)
    expect((await readClean(`sagittal:${straight}`)).x.shape).toEqual([2, 1, 4, 3])
  })

  it('of DICOM files are those of NIfTI', async () => {
    for (const k of [0, 1])
      file(
        `dicom/IM${k}`,
        encodeDicom({
          position: [0, 0, 2 - k],
          orientation: [1, 0, 0, 0, 1, 0],
          spacing: [1, 1],
          pixels: [0, 1, 2, 3, 4, 5].map((p) => 6 * (1 - k) + p),
        }),
      )
    const { x, range } = await readClean(join(root, 'dicom'))
    expect([x.shape, range]).toEqual([
      [2, 1, 2, 3],
      [0, 1],
    ])
    expect(x.data).toEqual(Float32Array.from({ length: 12 }, (_, i) => i / 11))
    expect((await readClean(`coronal:${join(root, 'dicom')}`)).x.shape).toEqual([2, 1, 2, 3])
  })

  it('that cannot be are refused in one line', async () => {
    file('mixed/a.nii', encodeNifti(counted([1, 2, 2])))
    file('mixed/b.nii', encodeNifti(counted([1, 2, 3])))
    await expect(readClean(join(root, 'mixed'))).rejects.toThrow(
      /mixed\/b\.nii: slices of 2×3, but a\.nii has 2×2; all must agree$/,
    )
    const flat = file('flat.nii', encodeNifti(ndarray([0, 0, 0, 0], [1, 2, 2])))
    await expect(readClean(flat)).rejects.toThrow(/flat\.nii: expected a volume with a value above zero$/)
    await expect(readClean(`axial:${flat}`)).rejects.toThrow(/flat\.nii: says no orientation/)
    await expect(readClean('axial:nowhere.nii')).rejects.toThrow(/^nowhere\.nii: no such file or folder/)
  })
})
