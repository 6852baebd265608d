/** Linear operators against closed forms, NumPy and Pillow. */
import { describe, expect, it } from 'vitest'
import {
  averagePool,
  bicubic,
  blur,
  coilSensitivities,
  fourier,
  gaussianBlur,
  type LinearOperator,
  multiCoilFourier,
  radon,
} from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  constant,
  full,
  item,
  jit,
  mul,
  type NdArray,
  type Shape,
  square,
  sum,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { expectClose, f64, waveOf } from '../numbers.ts'

const image = (h: number, w: number, value: (row: number, column: number) => number): NdArray<'float64'> =>
  f64(
    Array.from({ length: h * w }, (_, i) => value(Math.floor(i / w), i % w)),
    [1, 1, h, w],
  )

const applied = async (A: LinearOperator, x: NdArray): Promise<number[]> => {
  const program = jit((x: Tensor) => A.apply(x))
  const y = toNumbers(await program(x))
  await program.release()
  return y
}

describe('blur', () => {
  const x = f64([1, 2, 0, 3, 0, 1, 4, 2, 5, 0, 1, 1], [1, 1, 3, 4])
  const kernel = constant(f64([1, 2, 0, 0, 1, -1, 3, 0, 1], [1, 1, 3, 3]))

  // Sums over numpy.pad of modes reflect, wrap and constant.
  it.each([
    ['reflect', [4, 19, 15, 27, 17, 3, 17, 1, 10, 13, 18, 24]],
    ['circular', [0, 15, 11, 23, 17, 3, 17, 8, 13, 11, 11, 11]],
    ['zero', [2, 7, 8, 7, 16, 3, 17, 0, 8, 7, 8, 4]],
  ] as const)('is convolution, %s', async (boundary, want) => {
    expectClose(await applied(blur(kernel, [1, 3, 4], { boundary }), x), want, 1e-12)
  })

  it('by a Gaussian keeps a constant, except where nothing is beyond the edge', async () => {
    const flat = image(9, 7, () => 3)
    for (const boundary of ['reflect', 'circular'] as const) {
      expectClose(
        await applied(gaussianBlur([1, 9, 7], { sigma: 1.3, boundary }), flat),
        Array(63).fill(3),
        1e-12,
      )
    }
    const dark = await applied(gaussianBlur([1, 9, 7], { sigma: 1.3, boundary: 'zero' }), flat)
    // A corner keeps the centre and half of the rest along each axis.
    const weights = Array.from({ length: 13 }, (_, j) => Math.exp(-((j - 6) ** 2) / (2 * 1.3 ** 2)))
    const share = 0.5 + 0.5 / weights.reduce((a, b) => a + b, 0)
    expect(dark[0]).toBeCloseTo(3 * share ** 2, 9)
  })

  it('by a Gaussian is blur by its kernel', async () => {
    const taps = [-2, -1, 0, 1, 2].map((j) => Math.exp(-(j * j) / 2))
    const total = taps.reduce((a, b) => a + b, 0)
    const outer = taps.flatMap((a) => taps.map((b) => (a * b) / total ** 2))
    for (const boundary of ['reflect', 'circular', 'zero'] as const) {
      const [one, other] = [
        gaussianBlur([1, 3, 4], { sigma: 1, size: 5, boundary }),
        blur(constant(f64(outer, [1, 1, 5, 5])), [1, 3, 4], { boundary }),
      ]
      expectClose(await applied(one, x), await applied(other, x), 1e-12)
    }
  })

  it('multiplies a wave by the Fourier transform of the Gaussian', async () => {
    const [n, f, sigma] = [64, 5, 2]
    const wave = image(4, n, (_, j) => Math.cos((2 * Math.PI * f * j) / n))
    const factor = Math.exp((-2 * (Math.PI * sigma * f) ** 2) / n ** 2)
    const got = await applied(gaussianBlur([1, 4, n], { sigma, size: 41, boundary: 'circular' }), wave)
    expectClose(
      got,
      toNumbers(wave).map((v) => factor * v),
      1e-9,
    )
  })

  it('of a signal is that of each row of an image', async () => {
    const signal = f64([1, 2, 0, 3, 0, 1, 4, 2, 5, 0, 1, 1], [3, 1, 4])
    const asRows = f64(toNumbers(signal), [3, 1, 1, 4])
    const taps = [0.5, -1, 2]
    for (const boundary of ['reflect', 'circular', 'zero'] as const) {
      const alone = blur(constant(f64(taps, [1, 1, 3])), [1, 4], { boundary })
      const inRows = blur(constant(f64(taps, [1, 1, 1, 3])), [1, 1, 4], { boundary })
      expectClose(await applied(alone, signal), await applied(inRows, asRows), 1e-12)
    }
    // np.convolve([1, 2, 0, 3], [0.5, -1, 2], 'same')
    const padded = blur(constant(f64(taps, [1, 1, 3])), [1, 4], { boundary: 'zero' })
    expectClose((await applied(padded, signal)).slice(0, 4), [0, 0, 5.5, -3], 1e-12)
  })

  it('of a signal by a Gaussian multiplies a wave by its Fourier transform', async () => {
    const [n, f, sigma] = [64, 5, 2]
    const wave = Array.from({ length: n }, (_, j) => Math.cos((2 * Math.PI * f * j) / n))
    const factor = Math.exp((-2 * (Math.PI * sigma * f) ** 2) / n ** 2)
    const A = gaussianBlur([1, n], { sigma, size: 41, boundary: 'circular' })
    expectClose(
      await applied(A, f64(wave, [1, 1, n])),
      wave.map((v) => factor * v),
      1e-9,
    )
  })

  it('names kernels and events that do not fit', () => {
    expect(() => blur(constant(f64([1, 1])), [1, 3, 4])).toThrow(
      /^blur: kernels \[2\] do not fit images \[1,3,4\]/,
    )
    expect(() => gaussianBlur([5], { sigma: 1 })).toThrow(
      /needs images \[C, H, W\] or signals \[C, V\], the data are \[5\]/,
    )
    expect(() => gaussianBlur([1, 3, 4], { sigma: 0 })).toThrow(/sigma must be positive, got 0/)
  })
})

describe('bicubic', () => {
  const row = (n: number) => image(4, n, (_, i) => ((i * i * 7) % 23) / 10)

  // Pillow 9.4, Image.resize BICUBIC (a = −1/2, antialiased); away from the edges, which it
  // renormalises instead of mirroring.
  it.each([
    [4, 32, 2, [1.472559, 1.472559, 1.845117, 0.748999]],
    [3, 30, 2, [1.759259, 1.425926, 1.425926, 1.759259, 1.716049, 0.501235]],
  ])('by %i is what Pillow makes', async (factor, n, from, want) => {
    const got = await applied(bicubic([1, 4, n], factor), row(n))
    expectClose(got.slice(from, from + want.length), want, 2e-6)
  })

  it('keeps constants up to the edges, and ramps inside', async () => {
    const flat = await applied(
      bicubic([1, 10, 15], 4),
      image(10, 15, () => 2),
    )
    expectClose(flat, Array(12).fill(2), 1e-12)
    const ramp = await applied(
      bicubic([1, 4, 32], 4),
      image(4, 32, (_, i) => i),
    )
    expectClose(ramp.slice(2, 6), [9.5, 13.5, 17.5, 21.5], 1e-12)
  })

  it('of a signal is what it does along the rows of an image', async () => {
    const signal = toNumbers(row(32)).slice(0, 32)
    const got = await applied(bicubic([1, 32], 4), f64(signal, [1, 1, 32]))
    expectClose(got, (await applied(bicubic([1, 4, 32], 4), row(32))).slice(0, 8), 1e-12)
  })

  it('by 1 is the identity', async () => {
    expectClose(await applied(bicubic([1, 4, 7], 1), row(7)), toNumbers(row(7)), 1e-12)
  })
})

it('average-pool takes the mean of blocks', async () => {
  const x = f64([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 4])
  expectClose(await applied(averagePool([1, 2, 4], 2), x), [3.5, 5.5], 1e-15)
  expectClose(await applied(averagePool([1, 4], 2), f64([1, 2, 3, 6], [1, 1, 4])), [1.5, 4.5], 1e-15)
  expect(() => averagePool([1, 9], 4)).toThrow(/^average-pool: factor 4 does not divide signals of 9/)
  expect(() => averagePool([1, 9, 8], 4)).toThrow(/^average-pool: factor 4 does not divide images of 9×8/)
})

describe('fourier', () => {
  const all = (shape: Shape) => constant(full(shape, 1, 'float64'))
  const x = image(3, 4, (i, j) => (4 * i + j) ** 1.5 / 10)
  // numpy.fft.fftshift(fft2(ifftshift(x), norm='ortho'))
  const re = [
    -0.0203070952, -0.109505707, -0.3170024041, 0.1548303066, -0.5659206103, 0.5346472836, 5.1717646671,
    0.5346472836, -0.0203070952, 0.1548303066, -0.3170024041, -0.109505707,
  ]
  const im = [
    -0.1466238449, 0.16861881, 2.7177121687, 0.1397278139, 0, 0.6067646606, 0, -0.6067646606, 0.1466238449,
    -0.1397278139, -2.7177121687, -0.16861881,
  ]

  it('is the centred orthonormal transform of NumPy', async () => {
    expectClose(await applied(fourier(all([1, 1, 3, 4]), [1, 3, 4]), x), [...re, ...im], 1e-9)
  })

  it('samples columns only', async () => {
    const m = constant(f64([0, 0, 1, 0], [1, 1, 1, 4]))
    const keep = (v: number, i: number) => (i % 4 === 2 ? v : 0)
    expectClose(await applied(fourier(m, [1, 3, 4]), x), [...re.map(keep), ...im.map(keep)], 1e-9)
  })

  it('with everything sampled, its adjoint is its inverse, with and without a phase', async () => {
    const phase = constant(f64(toNumbers(normal(stream(0, 'phase'), [1, 1, 3, 4])), [1, 1, 3, 4]))
    for (const A of [
      fourier(all([1, 1, 3, 4]), [1, 3, 4]),
      fourier(all([1, 1, 3, 4]), [1, 3, 4], { phase }),
    ]) {
      const back = jit((x: Tensor) => A.adjoint(A.apply(x)))
      expectClose(toNumbers(await back(x)), toNumbers(x), 1e-12)
    }
  })

  it('sums coils whose sensitivities have Σ|s|² = 1 to the image', async () => {
    const s = coilSensitivities(5, { height: 3, width: 4 })
    const A = multiCoilFourier(all([1, 1, 1, 4]), constant(f64(toNumbers(s), s.shape)), [1, 3, 4])
    const back = jit((x: Tensor) => A.adjoint(A.apply(x)))
    expectClose(toNumbers(await back(x)), toNumbers(x), 1e-6)
  })

  it('names masks and sensitivities that do not fit', () => {
    expect(() => fourier(all([1, 3, 4]), [1, 3, 4])).toThrow(
      /a mask \[1,3,4\] does not fit frequencies of 3×4/,
    )
    const s = constant(coilSensitivities(2, { height: 4, width: 4 }))
    expect(() => multiCoilFourier(all([1, 1, 1, 4]), s, [1, 3, 4])).toThrow(
      /sensitivities \[1,4,4,4\] do not fit/,
    )
  })
})

describe('radon', () => {
  it('of a disc is the length of its chords, at every angle', async () => {
    const [n, radius] = [64, 20]
    const c = (n - 1) / 2
    // The disc drawn with the share of each pixel that it covers, by 8×8 points.
    const cover = (i: number, j: number) => {
      let inside = 0
      for (let a = 0; a < 8; a++)
        for (let b = 0; b < 8; b++) {
          const [u, v] = [i - c + (a - 3.5) / 8, j - c + (b - 3.5) / 8]
          if (u * u + v * v <= radius * radius) inside++
        }
      return inside / 64
    }
    const y = await applied(radon([1, n, n], { angles: 7, detectors: 61 }), image(n, n, cover))
    for (let k = 0; k < 7; k++) {
      for (let t = -15; t <= 15; t++) {
        const chord = (2 * Math.sqrt(radius ** 2 - t * t)) / n
        expect(Math.abs(y[61 * k + t + 30] - chord)).toBeLessThan(0.01)
      }
      const mass = y.slice(61 * k, 61 * (k + 1)).reduce((a, b) => a + b, 0)
      expect(mass / ((Math.PI * radius ** 2) / n)).toBeCloseTo(1, 2)
    }
  })

  it.each<[number, number, readonly number[], number]>([
    [7, 12, [0, 0.3, Math.PI / 4, 1.2, Math.PI / 2, 2, (3 * Math.PI) / 4, 3, -0.7, 4], 14],
    [12, 5, [0.1, 1.5, 2.4], 4],
    [1, 8, [0, 0.5, 1], 9],
  ])(
    'of %i×%i is the sum along each ray, row by row or column by column',
    async (h, w, angles, detectors) => {
      const value = (i: number, j: number) =>
        i >= 0 && i < h && j >= 0 && j < w ? Math.sin(1 + 3.1 * i + 1.7 * j) : 0
      const want = angles.flatMap((theta) =>
        Array.from({ length: detectors }, (_, d) => {
          const [cos, sin, t] = [Math.cos(theta), Math.sin(theta), d - (detectors - 1) / 2]
          const byRow = Math.abs(cos) >= Math.abs(sin)
          let total = 0
          for (let line = 0; line < (byRow ? h : w); line++) {
            const along = line - ((byRow ? h : w) - 1) / 2
            const across = byRow
              ? (t - along * sin) / cos + (w - 1) / 2
              : (t - along * cos) / sin + (h - 1) / 2
            const below = Math.floor(across)
            for (const [pixel, share] of [
              [below, 1 - (across - below)],
              [below + 1, across - below],
            ])
              total += share * (byRow ? value(line, pixel) : value(pixel, line))
          }
          return total / Math.max(Math.abs(cos), Math.abs(sin)) / Math.max(h, w)
        }),
      )
      const y = await applied(radon([1, h, w], { angles, detectors }), image(h, w, value))
      expectClose(y, want, 1e-9)
    },
  )

  it('has its transpose at 96×128 from 60 angles too', async () => {
    const A = radon([1, 96, 128], { angles: 60 })
    const [x, y] = [A.inShape, A.outShape].map((shape, i) => waveOf([2, ...shape], i))
    const program = jit((x: Tensor, y: Tensor) => ({
      image: sum(mul(A.apply(x), y)),
      spread: sum(mul(x, A.adjoint(y))),
      size: sum(square(y)),
    }))
    const { image: left, spread, size } = await program(x, y)
    await program.release()
    expect(Math.abs(item(left) - item(spread)) / item(size)).toBeLessThan(1e-6)
  })

  it('sums columns at angle 0 and rows at a right angle', async () => {
    const x = f64([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3])
    const y = await applied(radon([1, 3, 3], { angles: 2, detectors: 3 }), x)
    expectClose(
      y,
      [12, 15, 18, 6, 15, 24].map((v) => v / 3),
      1e-12,
    )
  })
})
