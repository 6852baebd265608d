/** Scores of sets of images: closed forms, and the figures of an independent program (fixtures/scores.py). */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { loadPhotos } from '../../src/datasets/index.ts'
import { classScoreOf, classScores } from '../../src/diagnose/images/class-score.ts'
import { frechetOfMoments } from '../../src/diagnose/images/frechet.ts'
import { momentSums } from '../../src/diagnose/images/moment-sums.ts'
import { resizeImages } from '../../src/diagnose/images/resize.ts'
import {
  featureNetwork,
  featureStatistics,
  featuresOf,
  gaussianMoments,
  holdsStatistics,
  imageScores,
  kernelDistance,
  pairNetwork,
  precisionRecall,
  readStatistics,
  shippedFeatures,
  writeStatistics,
} from '../../src/diagnose/index.ts'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import { normal, permutation, stream } from '../../src/random/index.ts'
import { NdArray, ndarray, reshaped, rows, toNumbers } from '../../src/tensor/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'scores-'))
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const golden = z
  .object({
    features: z.array(z.number()),
    fid: z.number(),
    is: z.number(),
    kid: z.number(),
    precision: z.number(),
    recall: z.number(),
    lpips: z.number(),
    pairs: z.array(z.number()),
    resized: z.array(z.number()),
    shrunk: z.array(z.number()),
  })
  .parse(JSON.parse(readFileSync(fixture('scores.json'), 'utf8')))

const [COUNT, HEIGHT, WIDTH] = [50, 17, 21]

/** The images of the fixture, by the same formula. */
const images = (kind: 'real' | 'drawn'): NdArray<'float32'> => {
  const data = Float32Array.from({ length: COUNT * 3 * HEIGHT * WIDTH }, (_, i) => {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH) % HEIGHT]
    const [c, n] = [Math.floor(i / (WIDTH * HEIGHT)) % 3, Math.floor(i / (3 * WIDTH * HEIGHT))]
    const waves =
      0.35 * Math.sin(0.9 * n + 0.5 * c + 0.21 * y * (1 + (n % 3))) +
      0.3 * Math.cos(0.33 * x * (1 + (n % 5)) + n)
    return kind === 'real' ? 0.5 + waves : 0.45 + 0.8 * waves + 0.1 * Math.sin(2.9 * y + 1.7 * x + n)
  })
  return new NdArray('float32', [COUNT, 3, HEIGHT, WIDTH], data)
}

const source = (x: NdArray<'float32'>) => ({
  shape: x.shape,
  rows: (from: number, to: number) => rows(x, from, to),
})

const opened = await featureNetwork(fixture('scores.onnx'), {
  inception: true,
  features: 'features',
  logits: 'logits',
  batch: 16,
})
const kept = { keep: true, parts: 1 }
const real = await featureStatistics(opened, source(images('real')), kept)
const drawn = await featureStatistics(opened, source(images('drawn')), kept)

afterAll(async () => {
  await opened.release()
  rmSync(folder, { recursive: true })
})

const cloud = (name: string, n: number, d: number, scale = 1, shift = 0) =>
  ndarray(
    toNumbers(normal(stream(3, name), [n, d])).map((v) => scale * v + shift),
    [n, d],
    'float64',
  )

describe('as an independent program has them', () => {
  test('features of images that are rounded, resized as TensorFlow 1 does, and centred', () => {
    for (const [i, v] of golden.features.entries())
      expect(toNumbers(drawn.features ?? ndarray([], [0]))[i]).toBeCloseTo(v, 4)
  })

  test('FID, IS, KID, precision and recall', async () => {
    const figures = await imageScores(opened, drawn, real, { subsets: 1, size: COUNT })
    const value = (name: string) => figures.find((figure) => figure.name === name)?.value ?? Number.NaN
    for (const name of ['fid', 'is', 'kid'] as const)
      expect(Math.abs(value(name) / golden[name] - 1)).toBeLessThan(1e-5)
    expect([value('precision'), value('recall')]).toEqual([golden.precision, golden.recall])
    expect(figures.map(({ label }) => label)).toEqual([
      'FID (n = 50)',
      'IS (n = 50)',
      'KID (1 subsets of 50)',
      'precision (Inception, k = 3, n = 50)',
      'recall (Inception, k = 3, n = 50)',
    ])
  })

  test('a distance of pairs', async () => {
    const network = await pairNetwork(fixture('pairs.onnx'))
    const distances = await network.distances(images('drawn'), images('real'))
    expect(distances.length).toBe(COUNT)
    expect(distances.reduce((a, b) => a + b, 0) / COUNT).toBeCloseTo(golden.lpips, 6)
    for (const [i, v] of golden.pairs.entries()) expect(distances[i]).toBeCloseTo(v, 6)
    await network.release()
    await expect(pairNetwork(fixture('scores.onnx'))).rejects.toThrow(
      /scores\.onnx: expected a network of two images \[B, C, H, W\], got images/,
    )
    await expect(featureNetwork(fixture('pairs.onnx'))).rejects.toThrow('it has 2 inputs')
  })

  test('resizing as TensorFlow 1 does', () => {
    const ramp = ndarray(
      Array.from({ length: 12 }, (_, i) => i ** 2),
      [1, 1, 3, 4],
    )
    for (const [size, expected] of [[7, golden.resized] as const, [2, golden.shrunk] as const]) {
      const got = toNumbers(resizeImages(ramp, [size, size], 'tensorflow'))
      expect(got.length).toBe(expected.length)
      for (const [i, v] of expected.entries()) expect(got[i]).toBeCloseTo(v, 4)
    }
  })
})

describe('momentSums', () => {
  test('of batches of any size are the moments of all rows, far from 0 too', () => {
    const x = cloud('far', 101, 3, 1, 1e6)
    const sums = momentSums(3)
    for (const [from, to] of [
      [0, 1],
      [1, 40],
      [40, 101],
    ])
      sums.add(rows(x, from, to))
    expect(sums.count()).toBe(101)
    const { mean, covariance } = gaussianMoments(x)
    for (const [i, v] of toNumbers(sums.moments().mean).entries())
      expect(v).toBeCloseTo(Number(mean.data[i]), 6)
    for (const [i, v] of toNumbers(sums.moments().covariance).entries())
      expect(v).toBeCloseTo((Number(covariance.data[i]) * 101) / 100, 8)
  })

  test('of Gaussians of known moments give the known Fréchet distance', () => {
    const of = (name: string, scale: number, shift: number) => {
      const sums = momentSums(4)
      sums.add(cloud(name, 40_000, 4, scale, shift))
      return sums.moments()
    }
    // 4 (0.5² + (2 − 1)²) = 5, up to sampling.
    expect(frechetOfMoments(of('p', 1, 0), of('q', 2, 0.5))).toBeCloseTo(5, 1)
  })
})

describe('classScores', () => {
  test('of ten parts are the mean of theirs', () => {
    const logits = new NdArray('float32', [53, 4], normal(stream(1, 'logits'), [53, 4]).data)
    const scores = classScores(53, { parts: 5, seed: 2 })
    scores.add(rows(logits, 0, 20))
    scores.add(rows(logits, 20, 53))
    const order = permutation(stream(2, 'class score'), 53).data
    const parts = Array.from({ length: 5 }, (_, part) => {
      const mine = Array.from(order.keys()).filter((i) => Math.floor((order[i] * 5) / 53) === part)
      const data = mine.flatMap((i) => Array.from(rows(logits, i, i + 1).data))
      return classScoreOf(new NdArray('float32', [mine.length, 4], Float32Array.from(data)))
    })
    const mean = parts.reduce((a, b) => a + b) / 5
    const { mean: got, spread } = scores.scores()
    expect(got).toBeCloseTo(mean, 9)
    expect(spread).toBeCloseTo(Math.sqrt(parts.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 5), 9)
    expect(() => classScores(4, { parts: 5 })).toThrow('4 images do not make 5 parts')
  })
})

describe('kernelDistance', () => {
  test('is near 0 for equal distributions, and that of a shift in closed form', async () => {
    // One feature: E (x x' + 1)³ = 1 + 3 m² + 3 (m² + s²)² + (E x³)², and with y of mean 0: 1 + 3 (m² + s²)
    // s².
    const x = cloud('shifted', 4000, 1, 1, 1)
    const y = cloud('centred', 4000, 1)
    const { mean, spread } = await kernelDistance(x, y, { subsets: 20, size: 1000 })
    const closed = 1 + 3 + 3 * 4 + 16 + (1 + 3) - 2 * (1 + 3 * 2)
    expect(Math.abs(mean - closed)).toBeLessThan(0.15 * closed)
    expect(spread).toBeGreaterThan(0)
    const same = await kernelDistance(cloud('one', 2000, 3), cloud('two', 2000, 3), { subsets: 10 })
    expect(Math.abs(same.mean)).toBeLessThan(0.1)
  })

  test('refuses subsets larger than the sets', async () => {
    await expect(kernelDistance(cloud('a', 9, 2), cloud('b', 20, 2), { size: 10 })).rejects.toThrow(
      'subsets of 10 need as many images, got 9',
    )
  })
})

describe('precisionRecall', () => {
  test('tells images that are wrong from those that are missing', async () => {
    const y = cloud('real', 1500, 2)
    const few = ndarray(
      toNumbers(cloud('few', 1500, 2)).map((v, i) => (i % 2 === 0 ? Math.abs(v) : v)),
      [1500, 2],
      'float64',
    )
    const half = await precisionRecall(few, y)
    expect(half.precision).toBeGreaterThan(0.9)
    expect(half.recall).toBeLessThan(0.65)
    const wide = await precisionRecall(cloud('wide', 1500, 2, 4), y)
    expect(wide.precision).toBeLessThan(0.4)
    expect(wide.recall).toBeGreaterThan(0.8)
    expect(await precisionRecall(y, y)).toEqual({ precision: 1, recall: 1 })
    expect(await precisionRecall(cloud('away', 20, 2, 1, 99), y)).toEqual({ precision: 0, recall: 0 })
    await expect(precisionRecall(cloud('three', 3, 2), y)).rejects.toThrow(
      '3 neighbours need more images, got 3',
    )
  })
})

describe('statistics in a file', () => {
  const path = join(folder, 'stats.npz')

  test('come back, and name their network', async () => {
    writeStatistics(path, opened, real)
    expect(holdsStatistics(path)).toBe(true)
    const again = readStatistics(path, opened)
    expect(again.count).toBe(COUNT)
    const options = { subsets: 3, size: 20 }
    const [one, two] = [
      await imageScores(opened, drawn, real, options),
      await imageScores(opened, drawn, again, options),
    ]
    expect(two).toEqual(one)
  })

  test('of another network, another preparation or another program are refused', async () => {
    const digits = await featureNetwork()
    expect(() => readStatistics(path, digits)).toThrow(
      /stats\.npz: statistics of the network 'scores' \([0-9a-f]{16}\), not of 'features'/,
    )
    await digits.release()
    const small = await featureNetwork(fixture('scores.onnx'), { features: 'features', size: [299, 299] })
    expect(() => readStatistics(path, small)).toThrow(
      /statistics of images as 256 levels, 299×299 \(tensorflow\).* here they are 299×299 \(triangle\)/,
    )
    await small.release()
    const foreign = join(folder, 'foreign.npz')
    writeArrays(foreign, { mu: ndarray([0, 0], [2]), sigma: ndarray([1, 0, 0, 1], [2, 2]) })
    expect(() => holdsStatistics(foreign)).toThrow('statistics of another program (mu, sigma)')
  })

  test('that are damaged are refused', () => {
    const whole = readArrays(path)
    const damaged = (change: Readonly<Record<string, NdArray>>): string => {
      const file = join(folder, 'damaged.npz')
      writeArrays(file, { ...whole, ...change })
      return file
    }
    const read = (change: Readonly<Record<string, NdArray>>) => () => readStatistics(damaged(change), opened)
    const text = (words: string) => {
      const bytes = new TextEncoder().encode(words)
      return { network: new NdArray('uint8', [bytes.length], bytes) }
    }
    expect(read(text('{'))).toThrow("field 'network': not JSON")
    expect(read(text('{"name":"x"}'))).toThrow('does not say of which network')
    expect(read({ network: ndarray([1], [1]) })).toThrow('must be text (uint8)')
    expect(read({ mean: ndarray([1, 2], [2]) })).toThrow("field 'covariance' must be [2,2], got [12,12]")
    expect(read({ mean: ndarray(Array(12).fill(Number.NaN), [12]) })).toThrow("field 'mean': expected finite")
    expect(read({ features: ndarray([1, 2], [1, 2]) })).toThrow("field 'features' must be float32 [50, 12]")
  })

  test('without features do for FID, not for KID', async () => {
    const { moments, count } = real
    const only = { moments, count }
    expect((await imageScores(opened, drawn, only, { scores: ['fid'] }))[0].value).toBeGreaterThan(0)
    await expect(imageScores(opened, drawn, only, { scores: ['kid'] })).rejects.toThrow(
      'the features of the reference were not kept',
    )
  })
})

describe('imageScores', () => {
  test('has no Fréchet distance of fewer images than features', async () => {
    const few = await featureStatistics(opened, source(rows(images('drawn'), 0, 11)))
    await expect(imageScores(opened, few, real, { scores: ['fid'] })).rejects.toThrow(
      'Fréchet distance: 12 features need at least as many images on both sides, there are 11 and 50',
    )
  })
})

describe('the network for colour images', () => {
  test('grades noise and blur on photographs that the one for digits hardly sees', async () => {
    const x = rows(loadPhotos('test'), 0, 96)
    const z = normal(stream(0, 'photo noise'), x.shape).data
    const noisy = new NdArray(
      'float32',
      x.shape,
      x.data.map((v, i) => v + 0.05 * z[i]),
    )
    const blurred = resizeImages(resizeImages(x, [16, 16]), [32, 32])
    const network = await shippedFeatures(3, { rounded: true })
    const moments = async (images: NdArray<'float32'>) =>
      (await featureStatistics(network, source(images))).moments
    const clean = await moments(rows(loadPhotos('test'), 96, 192))
    const distance = async (images: NdArray<'float32'>) => frechetOfMoments(await moments(images), clean)
    const own = await distance(x)
    expect(await distance(noisy)).toBeGreaterThan(3 * own)
    expect(await distance(blurred)).toBeGreaterThan(2 * own)
    const grey = reshaped(rows(reshaped(x, [96 * 3, 1, 32, 32]), 0, 4), [4, 1, 32, 32])
    expect((await featuresOf(network, grey)).shape).toEqual([4, 64])
    await network.release()
  })
})
