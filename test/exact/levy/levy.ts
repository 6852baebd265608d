/** Lévy signals with Gaussian increments: a walk of 64 steps N(0, 1), each entry seen with noise 0.25. */
import { inverse, Matrix } from 'ml-matrix'
import type { Gaussian } from '../../../src/diffusion/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { ndarray, toNumbers, zeros } from '../../../src/tensor/index.ts'

export const [LENGTH, NOISE] = [64, 0.25] as const

/** Ones on and below the diagonal: a walk is this matrix times its increments. */
const sums = (): Float64Array => {
  const factor = new Float64Array(LENGTH * LENGTH)
  for (let i = 0; i < LENGTH; i++) factor.fill(1, i * LENGTH, i * LENGTH + i + 1)
  return factor
}

/** The prior N(0, L Lᵀ), with a floor that is small against all else. */
export const walkPrior = (): Gaussian => ({
  mean: zeros([LENGTH]),
  covariance: { kind: 'lowRank', variance: 1e-6, factor: ndarray(sums(), [LENGTH, LENGTH]) },
})

/** Walks [count, 64] and their observations. */
export const walks = (count: number): { readonly x: number[]; readonly y: number[] } => {
  const z = toNumbers(normal(stream(0, 'walks'), [count, LENGTH]))
  const n = toNumbers(normal(stream(0, 'walk noise'), [count, LENGTH]))
  const x: number[] = []
  for (const [at, step] of z.entries()) x.push(step + (at % LENGTH === 0 ? 0 : x[at - 1]))
  return { x, y: x.map((v, i) => v + NOISE * n[i]) }
}

/** A function of row `row` of x and y that is smaller where x is likelier given y. */
export type Energy = (x: ArrayLike<number>, y: ArrayLike<number>, row: number) => number

/** −2 log p(x | y) up to a constant: increments N(0, 1), y − x N(0, s²). */
export const walkEnergy: Energy = (x, y, row) => {
  let sum = 0
  for (let i = 0; i < LENGTH; i++) {
    const at = row * LENGTH + i
    const step = x[at] - (i > 0 ? x[at - 1] : 0)
    sum += step ** 2 + ((y[at] - x[at]) / NOISE) ** 2
  }
  return sum
}

/** Share of the truths x in the 90 % densest region of their draws, each like x: by rank of the energy. */
export const regionShare = (
  energy: Energy,
  draws: readonly ArrayLike<number>[],
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): number => {
  const signals = x.length / LENGTH
  const inside = Array.from({ length: signals }, (_, i) => {
    const own = energy(x, y, i)
    const above = draws.filter((drawn) => energy(drawn, y, i) > own).length
    return above >= (draws.length + 1) / 10 // of 40 equally likely ranks the outermost four lie outside
  })
  return inside.filter(Boolean).length / signals
}

/** The posterior: mean G y, covariance C. */
export const walkPosterior = (): { readonly G: Matrix; readonly C: Matrix } => {
  const L = Matrix.from1DArray(LENGTH, LENGTH, Array.from(sums()))
  const S = L.mmul(L.transpose())
  const G = S.mmul(inverse(Matrix.add(S, Matrix.eye(LENGTH).mul(NOISE ** 2))))
  const C = Matrix.sub(S, G.mmul(S))
  return { G, C: Matrix.add(C, C.transpose()).mul(0.5) } // symmetric but for rounding
}
