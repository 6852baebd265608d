import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { psnr, ssim } from '../../src/diagnose/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import { full, NdArray, ndarray, rows } from '../../src/tensor/index.ts'

interface Golden {
  cases: { shape: number[]; x: number[]; truth: number[]; ssim: number }[]
}
const golden: Golden = JSON.parse(readFileSync(new URL('fixtures/ssim.json', import.meta.url), 'utf8'))

const images = (n: number, channels = 1, size = 14) => uniform(stream(1, 'images'), [n, channels, size, size])
const noisy = (truth: NdArray<'float32'>, scale: number, name = 'noise') => {
  const noise = normal(stream(2, name), truth.shape).data
  return new NdArray(
    'float32',
    truth.shape,
    truth.data.map((v, i) => v + scale * noise[i]),
  )
}

describe('psnr', () => {
  test('a constant error e reads -10 log10(e² + 1e-8)', () => {
    const truth = full([2, 3, 5, 4], 0.5, 'float64')
    for (const e of [0.5, 0.1, 0.01]) {
      const [a, b] = psnr(full([2, 3, 5, 4], 0.5 + e, 'float64'), truth)
      expect(a).toBeCloseTo(-10 * Math.log10(e * e + 1e-8), 10)
      expect(b).toBe(a)
    }
    expect(psnr(truth, truth)[0]).toBeCloseTo(80, 10)
  })

  test('values outside [0, 1] are clipped on both sides', () => {
    expect(psnr(ndarray([7, -3], [1, 2]), ndarray([1, 0], [1, 2]))[0]).toBeCloseTo(80, 10)
    expect(psnr(ndarray([1, 0], [1, 2]), ndarray([2, -9], [1, 2]))[0]).toBeCloseTo(80, 10)
  })

  test('draws are compared with their own image', () => {
    const truth = images(3)
    const draws = new NdArray(
      'float32',
      [2, ...truth.shape],
      Float32Array.of(...truth.data, ...noisy(truth, 0.1).data),
    )
    const all = psnr(draws, truth)
    expect(all.length).toBe(6)
    expect([...all.subarray(0, 3)].every((v) => v > 79.9)).toBe(true)
    expect([...all.subarray(3)]).toEqual([...psnr(noisy(truth, 0.1), truth)])
  })

  test('refuses NaN and other shapes', () => {
    expect(() => psnr(full([1, 4], Number.NaN), full([1, 4], 0))).toThrow(/psnr: x.*finite.*NaN at element 0/)
    expect(() => psnr(full([2, 4], 0), full([1, 4], 0))).toThrow(/expected shape \[1,4\], got \[2,4\]/)
  })
})

describe('ssim', () => {
  test('equals an independent implementation in numpy', () => {
    expect(golden.cases.length).toBe(3)
    for (const { shape, x, truth, ssim: expected } of golden.cases) {
      const [got] = ssim(ndarray(x, [1, ...shape], 'float64'), ndarray(truth, [1, ...shape], 'float64'))
      expect(Math.abs(got - expected)).toBeLessThan(1e-12)
    }
  })

  test('constants a and b read (2ab + c1) / (a² + b² + c1)', () => {
    const [got] = ssim(full([1, 1, 11, 12], 0.25, 'float64'), full([1, 1, 11, 12], 0.75, 'float64'))
    expect(got).toBeCloseTo((2 * 0.25 * 0.75 + 1e-4) / (0.25 ** 2 + 0.75 ** 2 + 1e-4), 10)
  })

  test('is 1 for the image itself, and refuses images below the window', () => {
    expect(ssim(images(1), images(1))[0]).toBeCloseTo(1, 12)
    expect(() => ssim(full([1, 1, 10, 28], 0), full([1, 1, 10, 28], 0))).toThrow(/at least 11×11, got 10×28/)
  })
})

test.each([
  ['psnr', psnr],
  ['ssim', ssim],
])('%s of an image does not depend on its batch', (_, metric) => {
  const truth = images(7, 2)
  const x = noisy(truth, 0.2)
  const together = metric(x, truth)
  expect(new Set(together).size).toBe(7)
  for (let i = 0; i < 7; i++) expect(metric(rows(x, i, i + 1), rows(truth, i, i + 1))[0]).toBe(together[i])
})
