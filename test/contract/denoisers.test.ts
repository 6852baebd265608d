import { Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { type Denoiser, gaussianCovariance, gaussianDenoiser } from '../../src/diffusion/index.ts'
import { covarianceTimes } from '../../src/linalg/index.ts'
import {
  full,
  jit,
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { expectClose, wave } from '../numbers.ts'
import { both, covariances, denoisers, type Float, gain, mean, SIZE } from './lists/denoisers.ts'

const levels = [1e-3, 1e-2, 0.1, 0.5, 1, 3, 10, 100]
const n = SIZE

const evaluate = (denoiser: Denoiser) => {
  const program = jit((x: Tensor, s: Tensor) => denoiser(x, s))
  return (x: NdArray, sigma: number) => program(x, full([x.shape[0]], sigma, x.dtype))
}

/** Two noisy events at a level. */
const noisy = (event: Shape, sigma: number, dtype: Float): NdArray => {
  const scale = Math.hypot(1, sigma)
  const values = wave(2 * sizeOf(event), sigma).map((v) => scale * v)
  return ndarray(values, [2, ...event], dtype)
}

/** What every denoiser must do; the list is in lists/denoisers.ts. */
describe.each([...denoisers])('$name', ({ event, build, dtypes, exact, far }) => {
  const size = sizeOf(event)

  it.each([...dtypes])('keeps shape and dtype, is finite at every level (%s)', async (dtype) => {
    const run = evaluate(build(dtype))
    for (const sigma of levels) {
      const out = await run(noisy(event, sigma, dtype), sigma)
      expect(out.shape).toEqual([2, ...event])
      expect(out.dtype).toBe(dtype)
      expect(toNumbers(out).every(Number.isFinite)).toBe(true)
    }
  })

  it.each([...dtypes])('a sample does not depend on its batch (%s)', async (dtype) => {
    const run = evaluate(build(dtype))
    const x = noisy(event, 0.5, dtype)
    const values = toNumbers(x)
    const together = toNumbers(await run(x, 0.5))
    for (const i of [0, 1]) {
      const alone = await run(ndarray(values.slice(i * size, (i + 1) * size), [1, ...event], dtype), 0.5)
      expectClose(
        toNumbers(alone),
        together.slice(i * size, (i + 1) * size),
        dtype === 'float64' ? 1e-13 : 1e-5,
      )
    }
  })

  it.each([...dtypes])('is the identity as sigma goes to 0 (%s)', async (dtype) => {
    const x = noisy(event, 0, dtype)
    const tolerance = dtype === 'float64' ? 1e-6 : 1e-5
    expectClose(toNumbers(await evaluate(build(dtype))(x, 1e-7)), toNumbers(x), tolerance)
  })

  it.runIf(exact).each([...dtypes])('equals the dense formula at every level (%s)', async (dtype) => {
    const run = evaluate(build(dtype))
    for (const sigma of levels) {
      const x = noisy(event, sigma, dtype)
      const values = toNumbers(x)
      const want = [0, 1].flatMap((i) => exact?.(values.slice(i * size, (i + 1) * size), sigma) ?? [])
      const got = toNumbers(await run(x, sigma))
      expectClose(got, want, dtype === 'float64' ? 1e-10 : 2e-5, `sigma ${sigma}:`)
    }
  })

  it.runIf(far).each([...dtypes])('goes to the prior mean as sigma grows (%s)', async (dtype) => {
    const x = noisy(event, 1, dtype)
    const want = [...(far ?? []), ...(far ?? [])]
    expectClose(toNumbers(await evaluate(build(dtype))(x, 1e4)), want, 1e-5)
  })

  it.runIf(exact)('is a gradient field: its Jacobian is symmetric and non-negative', async () => {
    const denoiser = build('float64')
    const program = jit((x: Tensor, s: Tensor, v: Tensor) => vjp(denoiser(x, s), x, v))
    for (const sigma of [0.05, 0.7, 4]) {
      const point = toNumbers(noisy(event, sigma, 'float64')).slice(0, size)
      const x = ndarray(Array.from({ length: size }, () => point).flat(), [size, ...event], 'float64')
      const eye = ndarray(Matrix.eye(size).to1DArray(), [size, ...event], 'float64')
      const out = await program(x, full([size], sigma, 'float64'), eye)
      const jacobian = Matrix.from1DArray(size, size, toNumbers(out))
      expect(Matrix.sub(jacobian, jacobian.transpose()).abs().max()).toBeLessThan(1e-12)
      for (const v of [wave(size), wave(size, 3)]) {
        const column = Matrix.columnVector(v)
        expect(column.transpose().mmul(jacobian).mmul(column).get(0, 0)).toBeGreaterThan(0)
      }
    }
  })
})

describe.each([...covariances])('posterior covariance, $name', ({ of, dense }) => {
  const v = wave(2 * n, 8)
  const times = (matrix: Matrix) =>
    [0, 1].flatMap((i) => matrix.mmul(Matrix.columnVector(v.slice(i * n, (i + 1) * n))).to1DArray())

  it.each([...both])(
    'V v = σ² Σ (Σ + σ²I)⁻¹ v without cancellation from σ = 1e-3 to 1e2 (%s)',
    async (dtype) => {
      const program = jit((s: Tensor, v: Tensor) => gaussianCovariance(of(dtype), s, v))
      for (const sigma of levels) {
        const want = times(gain(sigma, dense).mul(sigma ** 2))
        const scale = Math.max(...want.map(Math.abs))
        const got = await program(full([2], sigma, dtype), ndarray(v, [2, 2, 3], dtype))
        expect(got.shape).toEqual([2, 2, 3])
        expectClose(
          toNumbers(got).map((x) => x / scale),
          want.map((x) => x / scale),
          dtype === 'float64' ? 1e-10 : 1e-5,
          `sigma ${sigma}:`,
        )
      }
    },
  )

  it('Σ v', async () => {
    const got = await jit((v: Tensor) => covarianceTimes(of('float64'), v))(ndarray(v, [2, n], 'float64'))
    expectClose(toNumbers(got), times(dense), 1e-12)
  })
})

it('a Gaussian denoiser names the size of an event that does not fit', () => {
  const denoiser = gaussianDenoiser({
    mean: ndarray(mean),
    covariance: { kind: 'isotropic', variance: 1 },
  })
  const program = jit(denoiser)
  return expect(program(ndarray([1, 2], [1, 2]), ndarray([1]))).rejects.toThrow(/6 entries.*\[2\]/)
})
