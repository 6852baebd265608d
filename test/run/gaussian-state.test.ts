/** Gaussians in checkpoints, as 0.1 wrote them and as they are written now. */
import { describe, expect, it } from 'vitest'
import { cosine, diagonal, fullRank, isotropic, lowRank } from '../../src/linalg/index.ts'
import { packGaussian, unpackGaussian } from '../../src/run/gaussian-state.ts'
import { ndarray } from '../../src/tensor/index.ts'
import { f64 } from '../numbers.ts'

const mean = ndarray([1, 2, 3])
const factor = ndarray([1, 0.5, 0, 1, -1, 0.2], [3, 2])
const variance = f64([1, 2, 3])
const arrays = { 'gaussian.mean': mean, 'gaussian.factor': factor, 'gaussian.variance': variance }

describe('a Gaussian in a checkpoint', () => {
  it.each([
    ['isotropic', isotropic(0.5), { kind: 'isotropic', variance: 0.5 }, { mean }],
    ['low rank', lowRank(0.2, factor), { kind: 'ppca', variance: 0.2 }, { mean, factor }],
    [
      'with a variance for each entry',
      lowRank(variance, factor),
      { kind: 'factors', variance: 2 },
      { mean, factor, variance },
    ],
    [
      'in cosines',
      cosine([1, 3], lowRank(variance, factor)),
      { kind: 'cosine', variance: 2, event: [1, 3] },
      { mean, factor, variance },
    ],
  ] as const)('is written, as 0.1 wrote it where it could, and read: %s', (_, covariance, state, files) => {
    expect(packGaussian({ mean, covariance })).toEqual({ arrays: files, state })
    expect(unpackGaussian(state, arrays, 'a.safetensors')).toEqual({ mean, covariance })
  })

  it('may have cosines without columns', () => {
    const covariance = cosine([3], diagonal(variance))
    const { arrays: files, state } = packGaussian({ mean, covariance })
    expect(Object.keys(files)).toEqual(['mean', 'variance'])
    const named = { 'gaussian.mean': files.mean, 'gaussian.variance': files.variance }
    expect(unpackGaussian(state, named, 'a.safetensors')).toEqual({ mean, covariance })
    expect(() => unpackGaussian({ ...state, event: [1, 2] }, named, 'a.safetensors')).toThrow(
      "a.safetensors: 'gaussian.event' should have 3 entries, got [1,2]",
    )
  })

  it.each([
    ['diagonal', diagonal(f64([1, 2, 3])), 'diagonal'],
    ['written out', fullRank(f64([1, 0, 0, 1], [2, 2])), 'fullRank'],
  ] as const)('is none that fitting does not give: %s', (_, covariance, got) => {
    expect(() => packGaussian({ mean, covariance })).toThrow(
      `D + U Uᵀ and those of cosines, got one of kind ${got}`,
    )
  })

  it('names the file and the field that does not fit', () => {
    const unpack = (
      kind: 'isotropic' | 'ppca' | 'factors',
      variance: number,
      files: Parameters<typeof unpackGaussian>[1],
    ) => unpackGaussian({ kind, variance }, files, 'a.safetensors')
    expect(() => unpack('ppca', 1, { 'gaussian.mean': mean })).toThrow(
      "a.safetensors: 'gaussian.factor' is missing",
    )
    expect(() => unpack('ppca', 1, { ...arrays, 'gaussian.factor': mean })).toThrow(
      "a.safetensors: 'gaussian.factor' should be [3, r], got [3]",
    )
    expect(() => unpack('factors', 1, { ...arrays, 'gaussian.variance': f64([1, 2]) })).toThrow(
      "a.safetensors: 'gaussian.variance' should be [3], got [2]",
    )
    expect(() => unpack('isotropic', 0, arrays)).toThrow(
      "a.safetensors: 'gaussian.variance' must be positive, got 0",
    )
  })
})
