/** `tweedie observe --observed` of files as scanners write them: volumes through masks, and k-space. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readKspace, writeArrays } from '../../src/formats/index.ts'
import { readObservations } from '../../src/observations/index.ts'
import { ndarray, toNumbers } from '../../src/tensor/index.ts'
import { encodeNifti, gzipped } from '../datasets/layouts.ts'
import { tweedie } from '../e2e/built.ts'
import { encodeDicom } from '../formats/volumes/dicom-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-scanner-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const kspaceFile = (name: string) => join(import.meta.dirname, '../formats/fixtures', `kspace-${name}.h5`)

/** The set that the command makes, and what it says. */
const observed = (...args: readonly string[]) => {
  const { status, stderr, stdout } = tweedie(['observe', ...args, '--observed', '-o', at('out.npz')])
  expect([status, stderr.match(/^tweedie: .*/m)?.[0]]).toEqual([0, undefined])
  return { set: readObservations(at('out.npz')), stdout }
}

const counted = (count: number) => Array.from({ length: count }, (_, i) => i)
/** One of [2, 3, 4] in five is unseen. */
const seen = counted(24).map((i) => (i % 5 === 0 ? 0 : 1))

describe('measured data of scanners', () => {
  it('slices of a NIfTI volume keep the units of the file, slope and intercept applied', () => {
    const volume = ndarray(counted(24), [2, 3, 4])
    writeFileSync(at('head.nii.gz'), gzipped(encodeNifti(volume, { kind: 'i2', slope: 0.5, intercept: -2 })))
    writeArrays(at('mask.npy'), { mask: ndarray(seen, [2, 3, 4]) })
    const { set, stdout } = observed(
      ...[at('head.nii.gz'), '--mask', at('mask.npy'), '--noise', '0.25', '--range=-2,10'],
    )
    expect(stdout).toContain('2 of [1, 3, 4]')
    expect(set).toMatchObject({ noise: 0.25, range: [-2, 10], operator: { name: 'mask', event: [1, 3, 4] } })
    expect(set.y.shape).toEqual([2, 1, 3, 4])
    expect(toNumbers(set.operator.parameters.mask)).toEqual(seen)
    expect(toNumbers(set.y).filter((_, i) => seen[i])).toEqual(
      counted(24).flatMap((i) => (seen[i] ? [0.5 * i - 2] : [])),
    )
  })

  it('images of a DICOM series come in the order of their places, each with its own slope', () => {
    mkdirSync(at('series'))
    const image = (z: number, slope: number) => ({
      slope,
      position: [0, 0, z],
      orientation: [1, 0, 0, 0, 1, 0],
    })
    writeFileSync(at('series/IM1'), encodeDicom({ ...image(5, 2), instance: 1 }))
    writeFileSync(at('series/IM2'), encodeDicom({ ...image(0, 0.5), instance: 2 }))
    const { set } = observed(at('series'), '--operator', 'identity', '--noise', '0.1', '--range=0,10')
    expect([set.y.shape, set.operator.name]).toEqual([[2, 1, 2, 3], 'identity'])
    expect(toNumbers(set.y)).toEqual([...counted(6).map((i) => i / 2), ...counted(6).map((i) => 2 * i)])
  })

  it.each([
    ['multicoil', 'coils', ['mask', 'sensitivity']],
    ['singlecoil', 'fourier', ['mask']],
  ])('fastMRI: %s is of the operator %s', async (name, operator, parameters) => {
    // Maps cannot be estimated from four columns: they are given.
    const maps = ndarray([...Array<number>(48).fill(0.6), ...Array<number>(48).fill(0.8)], [4, 4, 6])
    writeArrays(at('maps.npy'), { maps })
    const given = operator === 'coils' ? [`maps=${at('maps.npy')}`] : []
    const { set } = observed(kspaceFile(name), ...given, '--noise', '0.5', '--range=0,400')
    expect([set.operator.name, set.operator.event]).toEqual([operator, [1, 4, 6]])
    expect(Object.keys(set.operator.parameters).sort()).toEqual(parameters)
    expect(toNumbers(set.operator.parameters.mask)).toEqual([1, 0, 1, 1, 0, 1])
    expect(set.y).toEqual((await readKspace(kspaceFile(name))).kspace)
    expect(set.noise).toBe(0.5)
  })

  it('ISMRMRD: the noise scan is whitened away, with the maps', () => {
    const maps = ndarray([...Array<number>(96).fill(1), ...Array<number>(96).fill(0)], [4, 8, 6])
    writeArrays(at('maps8.npy'), { maps })
    const { set } = observed(kspaceFile('ismrmrd'), `maps=${at('maps8.npy')}`, '--range=0,400')
    const [plane, coils] = [48, 2]
    // Σ = [[1, −i], [i, 4]] = L L*, L = [[1, 0], [i, √3]]: L⁻¹ (a, b) = (a, (b − i a)/√3); y is scaled by it.
    const entry = (n: number, channel: number, place: number) =>
      set.y.data[(n * 2 * coils + channel) * plane + place]
    const [t, step] = [3, 0]
    const place = t * 6 + step + 1
    const [a, b] = [
      [t + 1, step + 1],
      [10 + t + 1, step + 1],
    ]
    const scale = set.noise / Math.SQRT1_2 // E|n|² is of both parts
    const want = [a[0], (b[0] + a[1]) / Math.sqrt(3), a[1], (b[1] - a[0]) / Math.sqrt(3)].map(
      (v) => v * scale,
    )
    for (const [channel, value] of want.entries()) expect(entry(0, channel, place)).toBeCloseTo(value, 4)
    const { sensitivity } = set.operator.parameters
    const white = [1, 1 / Math.sqrt(3), 0, -1 / Math.sqrt(3)].map((v) => v * scale)
    for (const [channel, value] of white.entries())
      expect(sensitivity.data[channel * plane + place]).toBeCloseTo(value, 5)
  })
})
