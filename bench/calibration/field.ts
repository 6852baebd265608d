/**
 * A Gaussian random field of 64×64 pixels, unit variance, spectrum ∝ (1 + |f|)⁻³: a posterior of 4096 entries
 * that is known. Its covariance is diagonal in the real Fourier basis of rows and columns.
 */
import { coverage, energyScore } from '../../src/diagnose/index.ts'
import { type Denoiser, exponentialSchedule } from '../../src/diffusion/index.ts'
import { cg } from '../../src/linalg/index.ts'
import {
  averagePool,
  gaussianBlur,
  isotropicNoise,
  type LinearOperator,
  mask,
} from '../../src/operators/index.ts'
import { compileMethod } from '../../src/posterior/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import {
  add,
  alignTo,
  average,
  constant,
  div,
  jit,
  matmul,
  mul,
  type NdArray,
  ndarray,
  reshape,
  square,
  sub,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { fieldContenders } from './contenders.ts'
import { failure, type Reading } from './reading.ts'

const [SIZE, TRUTHS, DRAWS] = [64, 16, 39] as const
const EVENT = [1, SIZE, SIZE] as const

/** Rows are the real Fourier basis, orthonormal; `frequency` of each. */
const basis = () => {
  const rows: number[] = []
  const frequency: number[] = []
  const wave = (f: number, of: (phase: number) => number, norm: number): void => {
    frequency.push(f)
    for (let i = 0; i < SIZE; i++) rows.push(Math.sqrt(norm / SIZE) * of((2 * Math.PI * f * i) / SIZE))
  }
  wave(0, Math.cos, 1)
  for (let f = 1; f < SIZE / 2; f++) {
    wave(f, Math.cos, 2)
    wave(f, Math.sin, 2)
  }
  wave(SIZE / 2, Math.cos, 1)
  return { U: ndarray(rows, [SIZE, SIZE]), frequency }
}

/** Eigenvalues [64, 64] of the covariance, of mean 1. */
const spectrum = (frequency: readonly number[]): NdArray => {
  const raw = frequency.flatMap((a) => frequency.map((b) => (1 + Math.hypot(a, b)) ** -3))
  const mean = average(raw)
  return ndarray(
    raw.map((v) => v / mean),
    [SIZE, SIZE],
  )
}

const { U, frequency } = basis()
const eigenvalues = spectrum(frequency)

/** Uᵀ (g ∘ (U x Uᵀ)) U of fields [B, 1, 64, 64]; g is [64, 64] or [B, 1, 64, 64]. */
const filtered = (x: Tensor, g: Tensor): Tensor => {
  const u = constant(U)
  const transformed = matmul(matmul(u, x), u, { transB: true })
  return matmul(matmul(u, mul(transformed, g), { transA: true }), u)
}

/** E[x | xt] of the field. */
const denoiser: Denoiser = (xt, sigma) => {
  const v = constant(eigenvalues)
  return filtered(xt, div(v, add(v, square(alignTo(sigma, xt)))))
}

/** v ↦ Σ v. */
const covarianceTimes = (x: Tensor): Tensor => filtered(x, constant(eigenvalues))

/** Draws of the field from white noise. */
const coloured = (z: Tensor): Tensor => {
  const v = constant(ndarray(toNumbers(eigenvalues).map(Math.sqrt), [SIZE, SIZE]))
  return filtered(z, v)
}

/** Every other pixel at random, a blur of two pixels, 2×2 means. */
const tasks: Readonly<Record<string, { readonly A: LinearOperator; readonly noise: number }>> = {
  'field, 50 % deleted': { A: mask(constant(bernoulli(stream(0, 'kept'), 0.5, [1, ...EVENT]))), noise: 0.2 },
  'field, blur': { A: gaussianBlur(EVENT, { sigma: 2 }), noise: 0.5 },
  'field, 2×2 means': { A: averagePool(EVENT, 2), noise: 0.1 },
}

/** Matheron's rule, solved in 120 iterations: exact draws from prior draws and noise. */
const exactProgram = ({ A, noise }: (typeof tasks)[string]) =>
  jit((y: Tensor, z: Tensor, e: Tensor) => {
    const x = coloured(z)
    const b = sub(y, add(A.apply(x), mul(e, noise)))
    const C = (v: Tensor) => add(mul(v, noise ** 2), A.apply(covarianceTimes(A.adjoint(v))))
    return add(x, covarianceTimes(A.adjoint(cg({ iterations: 120 })(C, b))))
  })

/** Root mean square over pixels of the distance between N(m, s²) and another, over the posterior's spread. */
const marginalDistance = (draws: NdArray, other: NdArray): number => {
  const moments = (x: NdArray) => {
    const [values, size] = [toNumbers(x), x.size / x.shape[0]]
    const k = x.shape[0]
    return Array.from({ length: size }, (_, i) => {
      let [sum, squares] = [0, 0]
      for (let j = 0; j < k; j++) {
        sum += values[j * size + i]
        squares += values[j * size + i] ** 2
      }
      return { mean: sum / k, sd: Math.sqrt(Math.max(0, (squares - sum ** 2 / k) / (k - 1))) }
    })
  }
  const [a, b] = [moments(draws), moments(other)]
  const gap = average(a.map((m, i) => (m.mean - b[i].mean) ** 2 + (m.sd - b[i].sd) ** 2))
  return Math.sqrt(gap / average(b.map(({ sd }) => sd ** 2)))
}

const white = (name: string, rows: number, shape: readonly number[], draw = 0): NdArray<'float32'> =>
  normal(stream(3, name), [rows, ...shape], { draw })

const stacked = (draws: readonly NdArray[]): NdArray<'float32'> =>
  ndarray(draws.flatMap(toNumbers), [draws.length, ...draws[0].shape])

/** Every task, every contender. */
export const onFields = async (evaluations: number, onReading: (reading: Reading) => void): Promise<void> => {
  const make = jit((z: Tensor) => coloured(z))
  const truth = await make(white('truth', TRUTHS, EVENT))
  await make.release()
  for (const [name, task] of Object.entries(tasks)) {
    const { A, noise } = task
    const observe = jit((x: Tensor, e: Tensor) => add(A.apply(x), mul(e, noise)))
    const y = await observe(truth, white('noise', TRUTHS, A.outShape))
    await observe.release()
    const exactly = exactProgram(task)
    const exactDraws = async (from: number) => {
      const draws: NdArray[] = []
      for (let k = from; k < from + DRAWS; k++)
        draws.push(
          await exactly(y, white('exact', TRUTHS, EVENT, k), white('exact noise', TRUTHS, A.outShape, k)),
        )
      return stacked(draws)
    }
    const [right, again] = [await exactDraws(0), await exactDraws(DRAWS)]
    await exactly.release()
    const floor = marginalDistance(again, right)
    const best = average(energyScore(right, truth))
    const observationOf = (o: { y: Tensor }) => ({
      y: reshape(o.y, [TRUTHS, ...A.outShape]),
      A,
      noise: isotropicNoise(noise),
    })
    const schedule = exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 100 })
    for (const contender of fieldContenders(evaluations)) {
      const base = { problem: name, method: contender.name, evaluations: contender.evaluations, floor }
      try {
        const draw = compileMethod(contender.method, denoiser, observationOf, {
          schedule,
          ...contender.options,
        })
        const from = performance.now()
        const draws: NdArray[] = []
        for (let k = 0; k < DRAWS; k++)
          draws.push(await draw({ y }, { shape: [TRUTHS, ...EVENT], seed: 1, draw: k }))
        const milliseconds = (performance.now() - from) / (DRAWS * TRUTHS)
        await draw.release()
        const all = stacked(draws)
        const [half, most] = coverage(all, truth).map((c) => c.observed)
        const score = average(energyScore(all, truth)) / best - 1
        onReading({ ...base, ...{ half, most, score, milliseconds }, distance: marginalDistance(all, right) })
      } catch (error) {
        onReading(failure(base, error))
      }
    }
  }
}
