/** Observations simulated from clean data: y = A x + n, one operator per observation, n on every entry of y. */

import { TweedieError } from '../error.ts'
import type { DataRange } from '../operators/index.ts'
import { bernoulli, normal, normalBatch, stream } from '../random/index.ts'
import { NdArray, type Shape, sizeOf } from '../tensor/ndarray.ts'
import type { ObservationSet } from './observation-set.ts'

/** What to delete or mix, and how much noise to add. */
export interface Simulation {
  readonly operator: /** Each pixel kept with probability `keep`, the same for all channels of an image. */
    | { readonly kind: 'mask'; readonly keep: number }
    /** `dimension` directions, uniform on the sphere: rows of A are normalised Gaussians. */
    | { readonly kind: 'projection'; readonly dimension: number }
    | { readonly kind: 'identity' }
  /** Standard deviation, in units of the data, > 0. */
  readonly noise: number
  /** Default [0, 1]. */
  readonly range?: DataRange
  readonly seed: number
}

/**
 * Observes each row of x [N, ...event] once. The same seed gives the same observations; row i does not depend on N.
 *
 * @throws TweedieError `input` for impossible fractions, dimensions or noise
 *
 * @example
 * ```ts
 * const set = simulateObservations(images, { operator: { kind: 'mask', keep: 0.25 }, noise: 0.05, seed: 0 })
 * ```
 */
export const simulateObservations = (
  x: NdArray<'float32'>,
  { operator, noise, range = [0, 1], seed }: Simulation,
): ObservationSet => {
  checkLevel(noise)
  switch (operator.kind) {
    case 'identity':
      return { y: noisy(x, noise, seed), operator, noise, range }
    case 'mask': {
      if (!(operator.keep > 0 && operator.keep <= 1)) {
        throw new TweedieError('input', `observe: keep must be in (0, 1], got ${operator.keep}`)
      }
      const mask = bernoulli(stream(seed, 'observe mask'), operator.keep, maskShape(x.shape))
      return maskedObservations(x, mask, { noise, range, seed })
    }
    case 'projection':
      return { ...project(x, operator.dimension, noise, seed), noise, range }
  }
}

/** Shape of masks of latents [N, ...event]: one for all channels of an image, and for all coordinates of a vertex. */
export const maskShape = ([n, channels, ...space]: Shape): Shape =>
  space.length > 0 ? [n, 1, ...space] : [n, channels]

/**
 * Observations of x [N, ...event] through masks of {@link maskShape}: noise where something was observed, 0 elsewhere.
 *
 * @throws TweedieError `input` when the noise is not positive
 */
export const maskedObservations = (
  x: NdArray<'float32'>,
  mask: NdArray<'float32'>,
  { noise, range = [0, 1], seed }: Omit<Simulation, 'operator'>,
): ObservationSet => {
  checkLevel(noise)
  const [, channels, ...space] = x.shape
  const inner = space.length > 0 ? sizeOf(space) : 1
  const repeat = space.length > 0 ? channels : 1
  const y = noisy(x, noise, seed)
  const masked = y.data.map((v, i) => v * mask.data[Math.floor(i / (inner * repeat)) * inner + (i % inner)])
  return { y: new NdArray('float32', x.shape, masked), operator: { kind: 'mask', mask }, noise, range }
}

const checkLevel = (noise: number): void => {
  if (!(noise > 0)) throw new TweedieError('input', `observe: noise must be positive, got ${noise}`)
}

/** x + noise z on every entry. */
export const noisy = (x: NdArray<'float32'>, noise: number, seed: number): NdArray<'float32'> => {
  const z = normal(stream(seed, 'observe noise'), x.shape)
  return new NdArray(
    'float32',
    x.shape,
    x.data.map((v, i) => v + noise * z.data[i]),
  )
}

const project = (
  x: NdArray<'float32'>,
  m: number,
  noise: number,
  seed: number,
): Pick<ObservationSet, 'y' | 'operator'> => {
  const [count] = x.shape
  const n = x.size / count
  if (!Number.isInteger(m) || m < 1)
    throw new TweedieError('input', `observe: dimension must be at least 1, got ${m}`)
  const observation = Array.from({ length: count }, (_, i) => i)
  const matrix = normalBatch(stream(seed, 'observe projection'), { observation }, [m, n])
  const clean = new Float32Array(count * m)
  for (let row = 0; row < count * m; row++) {
    const a = matrix.data.subarray(row * n, (row + 1) * n)
    const norm = Math.hypot(...a)
    const from = Math.floor(row / m) * n
    for (let j = 0; j < n; j++) {
      a[j] /= norm
      clean[row] += a[j] * x.data[from + j]
    }
  }
  return {
    y: noisy(new NdArray('float32', [count, m], clean), noise, seed),
    operator: { kind: 'projection', matrix },
  }
}
