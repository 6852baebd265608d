import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Appearance, meritOf, observed, sphereTasks } from '../../src/compare/index.ts'
import { otherImages } from '../../src/compare/other-images.ts'
import { firstPoints, loadMnist, loadWinds, SPHERE, sphereValid } from '../../src/datasets/index.ts'
import { featuresOf, gaussianMoments, shippedFeatures } from '../../src/diagnose/index.ts'
import { writeArrays } from '../../src/formats/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { full, NdArray, ndarray, rows, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'
import { scratch } from '../run/scratch.ts'

/** Draws of N(centre, spread²) in [K, N, 1, V], and a truth from the same law, within [0, 1]. */
const gaussian = (draws: number, items: number, points: number, spread: number) => {
  const at = (name: string, shape: number[]) =>
    normal(stream(0, name), shape).data.map((z) => 0.5 + spread * z)
  return {
    draws: new NdArray('float32', [draws, items, 1, points], at('draws', [draws, items, 1, points])),
    truth: new NdArray('float32', [items, 1, points], at('truth', [items, 1, points])),
  }
}

/** Fields on the sphere, and the padding that does not count. */
const globe: Appearance = {
  view: { kind: 'globe', rows: SPHERE.rows, columns: SPHERE.columns },
  valid: sphereValid(),
}

describe('figures of merit', () => {
  const points = 200
  const look: Appearance = { view: { kind: 'signal' }, valid: full([points], 1) }

  it('of exact posterior draws: twice the error of the mean, even ranks, intervals that hold', async () => {
    const { draws, truth } = gaussian(99, 64, points, 0.05)
    const merit = await meritOf(draws, truth, look)
    expect(merit.mse).toBeCloseTo(2 * 0.05 ** 2, 4)
    expect(merit.mseMean).toBeCloseTo((1 + 1 / 99) * 0.05 ** 2, 4)
    expect(merit.psnrMean - merit.psnr).toBeCloseTo(10 * Math.log10(2 / (1 + 1 / 99)), 1)
    expect(merit.coverage?.level).toBe(0.9)
    expect(merit.coverage?.share).toBeCloseTo(0.9, 1)
    expect(merit.sbc).toBeGreaterThan(0.01)
  })

  it('tell draws that are too narrow by ranks and intervals', async () => {
    const { draws } = gaussian(99, 64, points, 0.02)
    const { truth } = gaussian(1, 64, points, 0.05)
    const merit = await meritOf(draws, truth, look)
    expect(merit.coverage?.share).toBeLessThan(0.6)
    expect(merit.sbc).toBeLessThan(1e-4)
  })

  it('say nothing of ranks and intervals with one draw, nor of pictures where there are none', async () => {
    const { draws, truth } = gaussian(1, 8, points, 0.05)
    const merit = await meritOf(draws, truth, look)
    expect([merit.coverage, merit.sbc, merit.ssim, merit.perceptual, merit.frechet]).toEqual(
      Array(5).fill(undefined),
    )
  })

  it.each([
    [10, undefined],
    [11, 1],
  ])('have SSIM of images from 11×11 on: %i', async (side, expected) => {
    const truth = ndarray(
      Array.from({ length: side * side }, (_, i) => (i % 7) / 7),
      [1, 1, side, side],
    )
    const draws = new NdArray('float32', [1, ...truth.shape], Float32Array.from(truth.data, Number))
    const { ssim, mse } = await meritOf(draws, truth, { view: { kind: 'image' } })
    expect([ssim, mse]).toEqual([expected, 0])
  })

  it('have a Fréchet distance of as many draws as features, to other images than the truths', async () => {
    const network = await shippedFeatures(1)
    const digits = loadMnist({ split: 'test', count: 70 }).images
    const folder = scratch()
    const path = join(folder, 'digits.npz')
    const others = loadMnist({ split: 'train', count: 100 }).images
    const both = Float32Array.from([...digits.data, ...others.data])
    writeArrays(path, { x: new NdArray('float32', [170, 1, 28, 28], both) })
    const found = await otherImages(network, path, digits, [1, 28, 28])
    const real = await otherImages(network, 'mnist', digits, [1, 28, 28])
    expect(real?.moments.mean.shape).toEqual([64])
    // Of a file without parts it is what is left without the truths: the other hundred.
    const left = gaussianMoments(await featuresOf(network, others))
    expectClose(toNumbers(found?.moments.mean ?? left.covariance), toNumbers(left.mean), 1e-5)
    expect(await otherImages(network, path, rows(digits, 0, 63), [1, 28, 28])).toBeUndefined()
    expect(await otherImages(network, path, others, [1, 28, 28])).toBeDefined()

    const judge = { view: { kind: 'image' as const }, features: network, others: real?.moments }
    const draws = new NdArray('float32', [1, ...digits.shape], digits.data)
    const { frechet } = await meritOf(draws, digits, judge)
    // The draws are the truths themselves: compared with them it would be 0.
    expect(frechet).toBeGreaterThan(1)
    const few = rows(digits, 0, 63)
    const less = await meritOf(new NdArray('float32', [1, ...few.shape], few.data), few, judge)
    expect(less.frechet).toBeUndefined()
    await network.release()
  })

  it('look at the entries that are there only', async () => {
    const valid = firstPoints(3, 4)
    const truth = ndarray([0.2, 0.4, 0.6, 0], [1, 1, 4])
    const draws = ndarray([0.3, 0.5, 0.7, 1], [1, 1, 1, 4])
    const { mse, psnr } = await meritOf(draws, truth, { view: { kind: 'signal' }, valid })
    expect(mse).toBeCloseTo(0.01, 6)
    expect(psnr).toBeCloseTo(20, 3)
  })

  it('see a field on the sphere as a picture of 46×90', async () => {
    const truth = rows(loadWinds('test'), 0, 2)
    const same = new NdArray('float32', [1, ...truth.shape], truth.data)
    const { ssim, perceptual } = await meritOf(same, truth, globe)
    expect(ssim).toBeCloseTo(1, 6)
    expect(perceptual).toBeUndefined()
  })
})

describe('a blind task', () => {
  it('shows y alone to blind samplers, and to guided ones the same y with its masks', async () => {
    const truth = rows(loadWinds('test'), 0, 8)
    const { known, shown } = await observed(sphereTasks['sphere-blind'], truth, 3, globe)
    expect(known.y).toEqual(shown.y)
    expect(known.operator.truth).toBeUndefined()
    const { mask } = known.operator.parameters
    expect(shown.operator.parameters.mask.shape[0]).toBe(1)
    for (let i = 0; i < 8; i++) {
      const own = rows(mask, i, i + 1).data
      const kept = own.reduce((n, m) => n + m, 0) / SPHERE.points
      expect(kept).toBeGreaterThanOrEqual(0.4 - 1e-3)
      expect(kept).toBeLessThanOrEqual(0.7 + 1e-3)
      expect(own.slice(SPHERE.points).every((m) => m === 0)).toBe(true)
    }
    expect(known.y.data.every((v, i) => (v !== 0) === (mask.data[i] === 1))).toBe(true)
  })
})
