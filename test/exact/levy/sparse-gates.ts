/** E17: the exact denoiser of walks with sparse increments, and the gold draws of their posterior. */
import { gaussianDenoiser } from '../../../src/diffusion/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import {
  div,
  exp,
  full,
  jit,
  mul,
  type NdArray,
  ndarray,
  neg,
  square,
  type Tensor,
  toNumbers,
  vjp,
} from '../../../src/tensor/index.ts'
import { atMost, type Gate } from '../gate.ts'
import { type Increments, latticeDenoiser } from './lattice-walk.ts'
import { LENGTH, walkPrior, walks } from './levy.ts'
import { gibbsDraws } from './levy-gibbs.ts'
import { incrementsOf, type SparseWalk, sparseSignals, sparseWalks } from './sparse-levy.ts'

/** Weighted points of one entry: the atom, and the midpoint rule around what was seen. */
type Point = readonly [x: number, weight: number]

const CELLS = 1200

/** Points x given the one before, weighed by p(x | before) N(seen; x, σ²). */
const pointsOf = (active: number, before: number, seen: number, sigma: number): Point[] => {
  const likelihood = (x: number): number => Math.exp(-0.5 * ((x - seen) / sigma) ** 2)
  const [from, to] = [Math.max(-30, seen - 8 * sigma), Math.min(30, seen + 8 * sigma)]
  const h = (to - from) / CELLS
  const smooth = Array.from({ length: CELLS }, (_, i): Point => {
    const x = from + (i + 0.5) * h
    return [x, active * (h / 2) * Math.exp(-Math.abs(x - before)) * likelihood(x)]
  })
  return [[before, (1 - active) * likelihood(before)], ...smooth]
}

/** E[x_i] and E[x_i²] of a walk of two steps given xt, by quadrature of the plane: [4]. */
const quadrature = (active: number, [a, b]: readonly number[], sigma: number): number[] => {
  const sums = [0, 0, 0, 0]
  let total = 0
  for (const [x, p] of pointsOf(active, 0, a, sigma)) {
    for (const [z, q] of pointsOf(active, x, b, sigma)) {
      const w = p * q
      total += w
      sums[0] += w * x
      sums[1] += w * z
      sums[2] += w * x * x
      sums[3] += w * z * z
    }
  }
  return sums.map((s) => s / total)
}

/** xt of two steps: near each other, near zero and not, far apart. */
const seenPairs = [
  [1.2, 1.25],
  [-0.2, 1.4],
  [1.5, -2],
] as const

/** Values of a denoiser at one level. */
const denoised = async (
  increments: Increments,
  xt: NdArray,
  sigma: number,
  points?: number,
): Promise<number[]> => {
  const program = jit((x: Tensor, s: Tensor) => latticeDenoiser(increments, points)(x, s))
  const found = await program(xt, full([xt.shape[0]], sigma))
  await program.release()
  return toNumbers(found)
}

/** Largest gap between lattice and quadrature, in standard deviations of x given xt. */
const quadratureGap = async (walk: SparseWalk): Promise<number> => {
  let worst = 0
  for (const sigma of [0.05, 0.5, 5]) {
    const found = await denoised(incrementsOf(walk), ndarray(seenPairs.flat(), [3, 2]), sigma)
    for (const [row, pair] of seenPairs.entries()) {
      const right = quadrature(walk.active, pair, sigma)
      for (const i of [0, 1]) {
        const sd = Math.sqrt(right[2 + i] - right[i] ** 2)
        worst = Math.max(worst, Math.abs(found[2 * row + i] - right[i]) / sd)
      }
    }
  }
  return worst
}

/** The same recursion with increments N(0, 1), whose denoiser is a formula; in levels. */
const gaussianGap = async (): Promise<number> => {
  const law: Increments['law'] = (h, offsets) =>
    div(mul(h, exp(neg(div(square(mul(h, offsets)), 2)))), Math.sqrt(2 * Math.PI))
  const { x } = walks(4)
  const noise = toNumbers(normal(stream(1, 'lattice'), [4, LENGTH]))
  let worst = 0
  for (const sigma of [0.5, 2, 20]) {
    const xt = ndarray(
      x.map((v, i) => v + sigma * noise[i]),
      [4, LENGTH],
    )
    const found = await denoised({ active: 1, law, reach: 50 }, xt, sigma, 129)
    const program = jit((a: Tensor, s: Tensor) => gaussianDenoiser(walkPrior())(a, s))
    const right = toNumbers(await program(xt, full([4], sigma)))
    await program.release()
    worst = Math.max(worst, ...found.map((v, i) => Math.abs(v - right[i]) / sigma))
  }
  return worst
}

/** Largest gap between the written derivative and a central difference, whose entries are of order 1. */
const derivativeGap = async (walk: SparseWalk): Promise<number> => {
  const [sigma, eps, size] = [0.4, 1e-4, 2 * LENGTH]
  const { x } = sparseSignals(walk, 2)
  const [noise, v] = ['lattice', 'direction'].map((s) => toNumbers(normal(stream(2, s), [size])))
  const moved = (by: number) =>
    ndarray(
      x.map((value, i) => value + sigma * noise[i] + by * v[i]),
      [2, LENGTH],
      'float64',
    )
  const denoiser = latticeDenoiser(incrementsOf(walk))
  const program = jit((a: Tensor, s: Tensor, g: Tensor) => vjp(denoiser(a, s), a, g))
  const found = toNumbers(await program(moved(0), full([2], sigma), ndarray(v, [2, LENGTH], 'float64')))
  await program.release()
  const [above, below] = [
    await denoised(incrementsOf(walk), moved(eps), sigma),
    await denoised(incrementsOf(walk), moved(-eps), sigma),
  ]
  return Math.max(...found.map((j, i) => Math.abs(j - (above[i] - below[i]) / (2 * eps))))
}

/** Mean and variance of each entry of draws. */
const momentsOf = (draws: readonly Float64Array[]) =>
  Array.from(draws[0], (_, i) => {
    const mean = draws.reduce((sum, d) => sum + d[i], 0) / draws.length
    return { mean, square: draws.reduce((sum, d) => sum + d[i] ** 2, 0) / draws.length }
  })

/** Gibbs against quadrature, means and standard deviations of a walk of two steps, in the latter. */
const gibbsGap = ({ active }: SparseWalk): number => {
  let worst = 0
  for (const [row, y] of seenPairs.entries()) {
    const right = quadrature(active, y, 0.5)
    const run = { draws: 20000, burn: 100, thin: 5 }
    const found = momentsOf(gibbsDraws({ active, y, noise: 0.5 }, run, 3, `pair ${row}`))
    for (const [i, { mean, square: second }] of found.entries()) {
      const sd = Math.sqrt(right[2 + i] - right[i] ** 2)
      const own = Math.sqrt(second - mean ** 2)
      worst = Math.max(worst, Math.abs(mean - right[i]) / sd, Math.abs(own / sd - 1))
    }
  }
  return worst
}

/**
 * Error of the mean of Gibbs draws of 64 entries against the lattice's E[x | y], over that of as many
 * independent draws: 1 but for chance and the chain's memory.
 */
const meanRatio = async (walk: SparseWalk): Promise<number> => {
  const [count, draws] = [6, 200]
  const { y } = sparseSignals(walk, count)
  const right = await denoised(incrementsOf(walk), ndarray(y, [count, LENGTH]), walk.noise)
  let [error, variance] = [0, 0]
  for (let s = 0; s < count; s++) {
    const own = y.slice(s * LENGTH, (s + 1) * LENGTH)
    const problem = { active: walk.active, y: own, noise: walk.noise }
    for (const [i, { mean, square: second }] of momentsOf(
      gibbsDraws(problem, { draws, burn: 200, thin: 20 }, 4, `signal ${s}`),
    ).entries()) {
      error += (mean - right[s * LENGTH + i]) ** 2
      variance += second - mean ** 2
    }
  }
  return Math.sqrt((error * draws) / variance)
}

/** Lattice against quadrature, a formula and differences; Gibbs against quadrature and the lattice. */
export const sparseGates = async (): Promise<Gate[]> => {
  const gates = [atMost('E17 lattice, Gaussian increments, 64 entries', await gaussianGap(), 2e-5)]
  for (const walk of sparseWalks) {
    gates.push(
      atMost(`E17 lattice against quadrature, ${walk.name}`, await quadratureGap(walk), 1e-3),
      atMost(`E17 derivative, ${walk.name}`, await derivativeGap(walk), 1e-3),
      atMost(`E17 Gibbs against quadrature, ${walk.name}`, gibbsGap(walk), 0.03),
      atMost(`E17 Gibbs against the lattice, 64 entries, ${walk.name}`, await meanRatio(walk), 1.35),
    )
  }
  return gates
}
