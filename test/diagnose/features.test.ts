import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadMnist } from '../../src/datasets/index.ts'
import { classScoreOf } from '../../src/diagnose/images/class-score.ts'
import { imageInputs, withImageShape } from '../../src/diagnose/images/onnx-input.ts'
import { resizeImages } from '../../src/diagnose/images/resize.ts'
import {
  classScore,
  type FeatureNetwork,
  featureNetwork,
  featuresOf,
  frechetDistance,
  frechetFeatureDistance,
  perceptualDistance,
} from '../../src/diagnose/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  constant,
  full,
  jit,
  matmul,
  mean,
  NdArray,
  ndarray,
  reshape,
  reshaped,
  rows,
  type Tensor,
  toNumbers,
  zeros,
} from '../../src/tensor/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'features-'))
const shipped = await featureNetwork()
const { images, labels } = loadMnist({ split: 'test', count: 400 })

afterAll(async () => {
  await shipped.release()
  rmSync(folder, { recursive: true })
})

/** A network written to a file, for [4, c, 8, 8] images: features are the means of the channels. */
const channelMeans = async (c: number): Promise<string> => {
  const path = join(folder, `means-${c}.onnx`)
  const program = jit((x: Tensor) => mean(x, { axes: [2, 3] }))
  writeFileSync(path, await program.onnx(zeros([4, c, 8, 8])))
  return path
}

const using = async <T>(
  opened: Promise<FeatureNetwork>,
  body: (n: FeatureNetwork) => Promise<T>,
): Promise<T> => {
  const network = await opened
  try {
    return await body(network)
  } finally {
    await network.release()
  }
}

const noise = (name: string, shape: readonly number[]) =>
  ndarray(
    toNumbers(normal(stream(0, name), shape)).map((z) => Math.min(1, Math.max(0, 0.5 + 0.2 * z))),
    shape,
  )

describe('the network that ships', () => {
  test('knows digits that it has not seen', async () => {
    const { features, maps, logits } = await shipped.run(rows(images, 0, 64))
    expect(features.shape).toEqual([64, 64])
    expect(maps.map(({ shape }) => shape)).toEqual([
      [64, 16, 28, 28],
      [64, 32, 14, 14],
      [64, 64, 7, 7],
      [64, 64, 7, 7],
    ])
    const best = Array.from({ length: 64 }, (_, i) => {
      const own = toNumbers(logits ?? zeros([1, 1])).slice(20 * i, 20 * (i + 1))
      return own.indexOf(Math.max(...own))
    })
    const right = best.filter((label, i) => label === labels.data[i]).length
    expect(right).toBeGreaterThanOrEqual(57)
  })

  test('an image alone and in batches has the same features', async () => {
    const all = await featuresOf(shipped, rows(images, 0, 70))
    expect(all.shape).toEqual([70, 64])
    const alone = await featuresOf(shipped, rows(images, 69, 70))
    for (const [i, v] of toNumbers(alone).entries()) expect(v).toBeCloseTo(all.data[69 * 64 + i], 5)
  })

  test('takes other sizes, and colours by joining what it says of each channel', async () => {
    const colour = noise('colour', [2, 3, 32, 40])
    const joined = await featuresOf(shipped, colour)
    expect(joined.shape).toEqual([2, 192])
    const planes = await featuresOf(shipped, reshaped(colour, [6, 1, 32, 40]))
    expect(toNumbers(joined)).toEqual(toNumbers(planes))
    await expect(classScore(shipped, colour)).rejects.toThrow('no class logits')
  })
})

describe('a network of the user', () => {
  test('is given normalised images of the size that it wants', async () => {
    const path = await channelMeans(3)
    const x = full4([0.2, 0.4, 0.6])
    const options = { mean: [0.1, 0.2, 0.3], scale: [0.5, 1, 2], size: [16, 16] as const, batch: 2 }
    await using(featureNetwork(path, options), async (network) => {
      expect(network.name).toBe('means-3')
      const got = toNumbers(await featuresOf(network, x))
      expect(got.length).toBe(9)
      for (const [i, v] of got.entries()) expect(v).toBeCloseTo([0.2, 0.2, 0.15][i % 3], 5)
    })
  })

  test('for colours sees a grey image repeated, and refuses two channels', async () => {
    await using(featureNetwork(await channelMeans(3)), async (network) => {
      const grey = noise('grey', [1, 1, 8, 8])
      const [r, g, b] = toNumbers(await featuresOf(network, grey))
      expect(r).toBeCloseTo(toNumbers(grey).reduce((a, v) => a + v, 0) / 64, 5)
      expect([g, b]).toEqual([r, r])
      await expect(network.run(zeros([1, 2, 8, 8]))).rejects.toThrow('takes 3 channels, the images have 2')
    })
  })

  test('gives FID its name only when the user vouches for it', async () => {
    const path = await channelMeans(1)
    const [x, y] = [noise('x', [6, 1, 8, 8]), noise('y', [5, 1, 8, 8])]
    const labelOf = (inception: boolean) =>
      using(featureNetwork(path, { inception, name: 'means' }), (n) => frechetFeatureDistance(n, x, y))
    expect((await labelOf(false)).label).toBe('Fréchet feature distance (means, n = 6 and 5)')
    expect((await labelOf(true)).label).toBe('FID (n = 6 and 5)')
  })

  test('is refused with a reason', async () => {
    const path = join(folder, 'not.onnx')
    writeFileSync(path, new Uint8Array([7, 7, 255, 255]))
    await expect(featureNetwork(path)).rejects.toThrow(/not\.onnx: expected an ONNX network for images/)
    const flat = join(folder, 'flat.onnx')
    writeFileSync(flat, await jit((x: Tensor) => mean(x, { axes: 1 })).onnx(zeros([4, 8])))
    await expect(featureNetwork(flat)).rejects.toThrow("its input '0' has 2 axes")
    await using(featureNetwork(await channelMeans(1), { features: 'pool' }), async (network) => {
      await expect(network.run(zeros([1, 1, 8, 8]))).rejects.toThrow("no output 'pool', the network has out")
    })
    await expect(shipped.run(zeros([28, 28]))).rejects.toThrow(
      'expected at most 64 images [N, C, H, W], got [28,28]',
    )
    await expect(shipped.run(ndarray([Number.NaN], [1, 1, 1, 1]))).rejects.toThrow('got NaN')
  })

  test('with sizes of its own inside says which it takes', async () => {
    const path = join(folder, 'flat.onnx')
    const flat = jit((x: Tensor) => matmul(reshape(x, [4, 64]), constant(full([64, 3], 1 / 64))))
    writeFileSync(path, await flat.onnx(zeros([4, 1, 8, 8])))
    await using(featureNetwork(path, { batch: 4 }), async (network) => {
      expect(toNumbers(await featuresOf(network, full([5, 1, 8, 8], 1))).every((v) => v > 0.99)).toBe(true)
    })
    await using(featureNetwork(path, { batch: 2 }), async (network) => {
      await expect(network.run(zeros([2, 1, 8, 8]))).rejects.toThrow(
        /does not take images \[2,1,8,8\]; set 'size' and 'batch' to those of the file, \[4,1,8,8\]/,
      )
    })
  })

  test('has its input found and its shape replaced', async () => {
    const model = await jit((x: Tensor) => mean(x)).onnx(zeros([300, 1, 28, 28]))
    expect(imageInputs(model)).toEqual([{ name: '0', shape: [300, 1, 28, 28] }])
    expect(imageInputs(withImageShape(model, [1, 3, 32, 299]))).toEqual([
      { name: '0', shape: [1, 3, 32, 299] },
    ])
    for (let cut = 1; cut < model.length; cut += 7) {
      expect(() => imageInputs(model.subarray(0, cut))).toThrow('not an ONNX model')
    }
  })
})

/** Three images [3, 3, 8, 8] of constant channels. */
const full4 = (levels: readonly number[]) =>
  ndarray(
    Array.from({ length: 3 * 3 * 64 }, (_, i) => levels[Math.floor(i / 64) % 3]),
    [3, 3, 8, 8],
  )

describe('frechetDistance', () => {
  test('of shifted and scaled features is |t|² and (s − 1)² tr S', () => {
    const x = normal(stream(1, 'features'), [500, 4])
    const shifted = ndarray(
      toNumbers(x).map((v, i) => v + [1, 0, -2, 0][i % 4]),
      x.shape,
      'float64',
    )
    expect(frechetDistance(x, shifted)).toBeCloseTo(5, 6)
    const points = ndarray([1, -1], [2, 1], 'float64')
    const wider = ndarray([3, -3], [2, 1], 'float64')
    // Unbiased variances 2 and 18: (√18 − √2)² = 8.
    expect(frechetDistance(points, wider)).toBeCloseTo(8, 9)
  })

  test('needs two rows', () => {
    expect(() => frechetDistance(zeros([1, 4]), zeros([2, 4]))).toThrow('at least 2 images')
  })

  test('grows with noise on digits and tells digits from noise', async () => {
    const [a, b] = [rows(images, 0, 200), rows(images, 200, 400)]
    const z = normal(stream(2, 'noise'), a.shape).data
    const noisy = (sd: number) =>
      new NdArray(
        'float32',
        a.shape,
        a.data.map((v, i) => Math.min(1, Math.max(0, v + sd * z[i]))),
      )
    const distances: number[] = []
    for (const x of [a, noisy(0.1), noisy(0.3), noise('only', a.shape)]) {
      distances.push((await frechetFeatureDistance(shipped, x, b)).value)
    }
    expect(distances[1]).toBeGreaterThan(1.2 * distances[0])
    expect(distances[2]).toBeGreaterThan(1.5 * distances[1])
    expect(distances[3]).toBeGreaterThan(10 * distances[0])
  })
})

describe('classScore', () => {
  test('is 1 when all images look alike and the number of classes when each is certain', () => {
    expect(classScoreOf(ndarray([1, 2, 3, 1, 2, 3], [2, 3]))).toBeCloseTo(1, 6)
    expect(classScoreOf(ndarray([50, 0, 0, 0, 50, 0, 0, 0, 50], [3, 3]))).toBeCloseTo(3, 6)
  })

  test('finds nearly ten kinds of digits', async () => {
    const { label, value } = await classScore(shipped, images)
    expect(label).toBe('class score (features, n = 400)')
    expect(value).toBeGreaterThan(8)
    expect(value).toBeLessThan(10.5)
  })
})

describe('perceptualDistance', () => {
  test('is 0 for equal images and grows with blur-like damage', async () => {
    const x = rows(images, 0, 70)
    const half = resizeImages(resizeImages(x, [14, 14]), [28, 28])
    const quarter = resizeImages(resizeImages(x, [7, 7]), [28, 28])
    const same = await perceptualDistance(shipped, x, x)
    expect(Math.max(...same)).toBeLessThan(1e-6)
    const [d2, d4] = [
      await perceptualDistance(shipped, half, x),
      await perceptualDistance(shipped, quarter, x),
    ]
    expect(d2.length).toBe(70)
    expect(d2.filter((v, i) => v > 0 && v < d4[i]).length).toBeGreaterThanOrEqual(68)
  })

  test('wants a network with maps', async () => {
    await using(featureNetwork(await channelMeans(1)), async (network) => {
      const x = zeros([1, 1, 8, 8])
      await expect(perceptualDistance(network, x, x)).rejects.toThrow("network 'means-1' has no maps")
    })
  })
})

describe('resizeImages', () => {
  test('keeps constants and linear ramps, and shrinks by whole factors as a triangle average', () => {
    const ramp = ndarray(
      Array.from({ length: 64 }, (_, i) => i % 8),
      [1, 1, 8, 8],
    )
    const larger = toNumbers(resizeImages(ramp, [8, 16]))
    expect(larger.slice(1, 15)).toEqual(Array.from({ length: 14 }, (_, i) => 0.25 + 0.5 * i))
    // Weights (1, 3, 3, 1)/8 about the middle of two pixels.
    const impulse = ndarray([0, 0, 8, 0, 0, 0, 0, 0], [1, 1, 1, 8])
    expect(toNumbers(resizeImages(impulse, [1, 4]))).toEqual([Math.fround(8 / 7), 3, 0, 0])
    expect(resizeImages(ramp, [3, 5]).shape).toEqual([1, 1, 3, 5])
  })
})
