import { expect } from 'vitest'
import { NdArray, ndarray, type Shape, sizeOf } from '../src/tensor/index.ts'

/** A float64 array. */
export const f64 = (values: ArrayLike<number>, shape: Shape = [values.length]): NdArray<'float64'> =>
  ndarray(values, shape, 'float64')

/** max |got − want| / max(1, |want|), element by element; Infinity when anything is not finite. */
export const distance = (got: ArrayLike<number>, want: ArrayLike<number>): number => {
  let worst = got.length === want.length ? 0 : Infinity
  for (let i = 0; i < want.length; i++) {
    const gap = Math.abs(got[i] - want[i]) / Math.max(1, Math.abs(want[i]))
    worst = Number.isNaN(gap) ? Infinity : Math.max(worst, gap)
  }
  return worst
}

/** Fails unless every element is within `tolerance` of what is wanted, relative above 1. */
export const expectClose = (
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance: number,
  about = '',
): void => {
  const worst = distance(got, want)
  expect(
    worst,
    `${about} got ${Array.from(got).slice(0, 12)}, want ${Array.from(want).slice(0, 12)}`,
  ).toBeLessThan(tolerance)
}

/** A deterministic, irregular sequence in (−1, 1), for inputs that need no distribution. */
export const wave = (n: number, phase = 0): number[] =>
  Array.from({ length: n }, (_, i) => Math.sin(1.7 * i + phase + 0.3 * Math.sin(5.1 * i)))

/** The same for an array of a shape, in float32; another seed gives another sequence. */
export const waveOf = (shape: Shape, seed: number): NdArray<'float32'> =>
  new NdArray(
    'float32',
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed)),
  )
