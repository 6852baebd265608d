/**
 * MCG as its authors have it: DPS where there is noise alone; through a mask, the seen part of the state
 * follows y + σ z at every level, and ends at y; through blur, x + Aᵀ (y − A x) of what DPS gives.
 */
import { Matrix } from 'ml-matrix'
import { ddpm, gaussianDenoiser, type SamplerState, sampler } from '../../src/diffusion/index.ts'
import { identity, isotropicNoise, mask, type Observation, projection } from '../../src/operators/index.ts'
import { dps, type GuidanceMethod, mcg } from '../../src/posterior/index.ts'
import { constant, full, jit, type NdArray, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { drawn, type Problem, prior, problems, SIZE } from './circulant.ts'
import { atMost, between, type Gate } from './gate.ts'

const ROWS = 256
const ZETA = 0.3

const rowsOf = (y: readonly number[]): NdArray =>
  ndarray(Array.from({ length: ROWS }, () => y).flat(), [ROWS, y.length], 'float64')

/** Draws given y, and the state at each level. */
const draws = async (method: GuidanceMethod, A: Observation['A'], y: readonly number[]) => {
  const states: SamplerState[] = []
  const noise = isotropicNoise(0.1)
  const draw = sampler((o: { y: Tensor }) => method(gaussianDenoiser(prior()), { y: o.y, A, noise }), {
    step: ddpm(),
    steps: 64,
  })
  const request = { shape: [ROWS, SIZE], seed: 3, onStep: (at: SamplerState) => states.push(at) }
  const x = toNumbers(await draw({ y: rowsOf(y) }, request))
  await draw.release()
  return { x, states }
}

/** Largest difference between draws of MCG and of DPS of a noisy signal. */
const denoisingGap = async (): Promise<number> => {
  const y = drawn({ name: 'noise', A: Matrix.eye(SIZE), noise: 0.1 }, 1)
  const [own, plain] = [
    await draws(mcg({ zeta: ZETA }), identity([SIZE]), y),
    await draws(dps({ zeta: ZETA }), identity([SIZE]), y),
  ]
  return own.x.reduce((worst, v, i) => Math.max(worst, Math.abs(v - plain.x[i])), 0)
}

/**
 * Entries 0, 2, 4, … are seen: what the last draw misses, and the least and largest ⟨(x − y)²⟩/σ² on the way.
 */
const throughMask = async () => {
  const seen = Array.from({ length: SIZE }, (_, i) => (i % 2 === 0 ? 1 : 0))
  const y = drawn({ name: 'all', A: Matrix.eye(SIZE), noise: 0.1 }, 2).map((v, i) => v * seen[i])
  const { x, states } = await draws(
    mcg({ zeta: ZETA }),
    mask(constant(ndarray(seen, [1, SIZE], 'float64'))),
    y,
  )
  const gaps = (values: readonly number[]) =>
    values.flatMap((v, i) => (seen[i % SIZE] === 1 ? [v - y[i % SIZE]] : []))
  const levels = states.slice(8).map(({ x, sigma }) => {
    const all = gaps(toNumbers(x))
    return all.reduce((sum, v) => sum + v * v, 0) / all.length / sigma ** 2
  })
  return {
    missed: Math.max(...gaps(x).map(Math.abs)),
    least: Math.min(...levels),
    most: Math.max(...levels),
  }
}

/** Largest |D_mcg − (D_dps + Aᵀ (y − A D_dps)/‖A‖²)| for blur, dense, relative to the largest entry. */
const blurGap = async ({ A, noise }: Problem): Promise<number> => {
  const y = drawn({ name: 'blur', A, noise }, 3)
  const matrix = constant(ndarray(A.to1DArray(), [1, A.rows, SIZE], 'float64'))
  const program = jit((xt: Tensor, sigma: Tensor, y: Tensor, s: Tensor, kappa: Tensor) => {
    const seen = { y, A: projection(matrix), noise: isotropicNoise(noise) }
    const D = gaussianDenoiser(prior())
    const move = { sigma: s, sensitivity: kappa }
    return {
      own: mcg({ zeta: ZETA })(D, seen)(xt, sigma, move),
      plain: dps({ zeta: ZETA })(D, seen)(xt, sigma, move),
    }
  })
  const scalar = (v: number) => ndarray([v], [], 'float64')
  const gaps: number[] = []
  for (const sigma of [0.01, 0.1, 1, 10]) {
    const xt = ndarray(
      Array.from({ length: SIZE }, (_, i) => sigma * Math.sin(i * i)),
      [1, SIZE],
      'float64',
    )
    const { own, plain } = await program(
      xt,
      full([1], sigma, 'float64'),
      ndarray(y, [1, A.rows], 'float64'),
      scalar(0.8 * sigma),
      scalar(0.36),
    )
    const D = Matrix.columnVector(toNumbers(plain))
    const residual = Matrix.sub(Matrix.columnVector(y), A.mmul(D))
    const want = Matrix.add(D, A.transpose().mmul(residual)) // the kernel sums to 1, so ‖A‖ = 1
    gaps.push(Matrix.columnVector(toNumbers(own)).sub(want).abs().max() / Math.max(1, Matrix.abs(want).max()))
  }
  await program.release()
  return Math.max(...gaps)
}

/** MCG. */
export const mcgGates = async (): Promise<Gate[]> => {
  const [blur] = problems()
  const { missed, least, most } = await throughMask()
  return [
    atMost('MCG denoising: draws apart from those of DPS', await denoisingGap(), 0),
    atMost('MCG mask: draws apart from y where it was seen', missed, 1e-12),
    between('MCG mask: least <(x - y)^2>/sigma^2 of a level', least, 0.92, 1.08),
    between('MCG mask: largest <(x - y)^2>/sigma^2 of a level', most, 0.92, 1.08),
    atMost('MCG blur: apart from x + At (y - A x), dense', await blurGap(blur), 1e-3),
  ]
}
