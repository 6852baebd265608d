/** Tiles of a prior against the prior of the whole, which is known of stationary Gaussians. */
import { inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  type Denoiser,
  ddim,
  exponentialSchedule,
  gaussianDenoiser,
  type Prior,
  sampler,
  type TileOptions,
  tiledPrior,
  tilesOf,
} from '../../src/diffusion/index.ts'
import { cg, fullRank } from '../../src/linalg/index.ts'
import { isotropicNoise, mask } from '../../src/operators/index.ts'
import { mmps } from '../../src/posterior/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import {
  alignTo,
  constant,
  jit,
  mul,
  NdArray,
  ndarray,
  type Shape,
  type Tensor,
  toNumbers,
  zeros,
} from '../../src/tensor/index.ts'
import { distance, expectClose, waveOf } from '../numbers.ts'

/** exp(−d²/2ℓ²), with a nugget. */
const covarianceOf = (points: readonly (readonly number[])[], length: number): Matrix =>
  new Matrix(
    points.map((p, i) =>
      points.map((q, j) => {
        const d2 = p.reduce((sum, v, k) => sum + (v - q[k]) ** 2, 0)
        return Math.exp(-d2 / (2 * length ** 2)) + (i === j ? 0.05 : 0)
      }),
    ),
  )

const placesOf = ([h, w]: Shape) => Array.from({ length: h * w }, (_, i) => [Math.floor(i / w), i % w])

const MEAN = 0.4
const priorOf = (space: Shape, length: number, event: Shape): Prior => {
  const S = covarianceOf(placesOf(space), length)
  return {
    event,
    range: [-2, 2],
    schedule: exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 20 }),
    mean: ndarray(Array(S.rows).fill(MEAN), event),
    denoiser: gaussianDenoiser({
      mean: ndarray(Array(S.rows).fill(MEAN)),
      covariance: fullRank(ndarray(S.to1DArray(), [S.rows, S.rows], 'float64')),
    }),
  }
}

const applied = async (denoiser: Denoiser, x: NdArray, sigma: NdArray): Promise<NdArray> => {
  const program = jit((x: Tensor, s: Tensor) => denoiser(x, s))
  const out = await program(x, sigma)
  await program.release()
  return out
}

describe('a cover', () => {
  it('of one tile is the prior itself', async () => {
    const prior = priorOf([4, 5], 1, [1, 4, 5])
    const [x, sigma] = [waveOf([2, 1, 4, 5], 1), ndarray([0.5, 2])]
    const got = await applied(tiledPrior(prior, [1, 4, 5]).denoiser, x, sigma)
    expectClose(toNumbers(got), toNumbers(await applied(prior.denoiser, x, sigma)), 1e-6)
  })

  it.each([
    { name: 'images', tile: [3, 8, 6], event: [3, 21, 13], options: {} },
    { name: 'series', tile: [2, 8], event: [2, 29], options: { overlap: 5 } },
    { name: 'images in parts', tile: [1, 4, 4], event: [1, 16, 9], options: { batch: 5 } },
    { name: 'no overlap', tile: [1, 4, 4], event: [1, 9, 8], options: { overlap: 0 } },
  ])(
    'has weights of sum one, and every point its own sample and level: $name',
    async ({ tile, event, options }) => {
      // A denoiser of points by themselves does not see the tiles.
      const prior: Prior = {
        ...priorOf([1, 1], 1, [1]),
        event: tile,
        mean: ndarray(Array(tile.reduce((a, b) => a * b)).fill(MEAN), tile),
        denoiser: (xt, sigma) => mul(xt, alignTo(sigma, xt)),
      }
      const large = tiledPrior(prior, event, options)
      const [x, sigma] = [waveOf([3, ...event], 1), ndarray([0.5, 2, 3])]
      const got = await applied(large.denoiser, x, sigma)
      const size = x.size / 3
      expectClose(
        toNumbers(got),
        toNumbers(x).map((v, i) => v * [0.5, 2, 3][Math.floor(i / size)]),
        1e-5,
      )
      expectClose(toNumbers(large.mean), Array(size).fill(MEAN), 1e-6)
      expect(large.mean.shape).toEqual(event)
    },
  )

  it('lies evenly, with no less than the overlap', () => {
    expect(tilesOf([1, 32, 32], [1, 128, 128])).toBe(25) // 0, 24, …, 96
    expect(tilesOf([1, 32, 32], [1, 256, 256])).toBe(121)
    expect(tilesOf([1, 32, 32], [1, 33, 32])).toBe(2)
    expect(tilesOf([2, 16], [2, 40], { overlap: 8 })).toBe(4)
  })

  it.each<{ tile: Shape; event: Shape; options?: TileOptions; says: string }>([
    { tile: [3, 8, 8], event: [1, 16, 16], says: 'tiles [3,8,8] do not cover [1,16,16]' },
    { tile: [6], event: [12], says: 'they need images or series' },
    { tile: [1, 8, 8], event: [1, 7, 16], says: 'tiles of 8 do not fit into a side of 7' },
    { tile: [1, 8, 8], event: [1, 16, 16], options: { overlap: 8 }, says: 'tiles of 8 cannot overlap by 8' },
  ])('says what it cannot do: $says', ({ tile, event, options, says }) => {
    const prior = { ...priorOf([1, 1], 1, [1]), event: tile }
    expect(() => tiledPrior(prior, event, options)).toThrow(says)
  })
})

describe('the posterior of a stationary Gaussian of short range', () => {
  const noise = 0.2
  /** What the sampler comes to from the mean and without noise: of Gaussians the posterior mean. */
  const sampledMean = async (prior: Prior, y: NdArray, m: NdArray): Promise<number[]> => {
    const method = mmps({ solve: cg({ iterations: 60 }) })
    const observation = { y: constant(y), A: mask(constant(m)), noise: isotropicNoise(noise) }
    const draw = sampler(() => method(prior.denoiser, observation), {
      schedule: prior.schedule,
      steps: 64,
      step: ddim(),
    })
    const silent = () => zeros([1, ...prior.event])
    const out = await draw({}, { shape: [1, ...prior.event], mean: prior.mean, noise: silent })
    await draw.release()
    return toNumbers(out)
  }

  it.each([
    { space: [1, 48], tile: [1, 16], length: 1.5, overlap: 8, tolerance: 0.02 },
    { space: [16, 16], tile: [8, 8], length: 0.8, overlap: 4, tolerance: 0.05 },
  ])('is met: $space by tiles of $tile', async ({ space, tile, length, overlap, tolerance }) => {
    const event = space[0] === 1 ? [1, space[1]] : [1, ...space]
    const small = priorOf(tile, length, space[0] === 1 ? [1, tile[1]] : [1, ...tile])
    const n = space[0] * space[1]
    const S = covarianceOf(placesOf(space), length)
    const m = bernoulli(stream(1, 'mask'), 0.5, [1, ...event])
    const y = new NdArray(
      'float32',
      [1, ...event],
      normal(stream(2, 'y'), [n]).data.map((v, i) => v * m.data[i]),
    )
    const seen = Array.from(m.data.keys()).filter((i) => m.data[i] === 1)
    const C = new Matrix(seen.map((i) => seen.map((j) => S.get(i, j) + (i === j ? noise ** 2 : 0))))
    const gain = new Matrix(placesOf(space).map((_, i) => seen.map((j) => S.get(i, j)))).mmul(inverse(C))
    const exact = gain
      .mmul(Matrix.columnVector(seen.map((i) => y.data[i] - MEAN)))
      .to1DArray()
      .map((v) => v + MEAN)
    const whole = await sampledMean(priorOf(space, length, event), y, m)
    const tiled = await sampledMean(tiledPrior(small, event, { overlap }), y, m)
    expect(distance(whole, exact)).toBeLessThan(1e-3)
    expect(distance(tiled, exact)).toBeLessThan(tolerance)
    // Standard deviations are 1: tiles that did not see their neighbours would be off by far more.
    const apart = await sampledMean(tiledPrior(small, event, { overlap: 0 }), y, m)
    expect(distance(apart, exact)).toBeGreaterThan(2 * tolerance)
  })
})
