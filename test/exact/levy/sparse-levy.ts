/**
 * Lévy signals of 64 entries with Laplace and Bernoulli–Laplace increments, each entry seen with noise: scale
 * 1, active with probability 1 or 0.1, and 25 dB of signal (its median power) to noise, as published (Bohra
 * et al. 2023; Zach et al. 2026, https://github.com/zacmar/dps-benchmark).
 */
import { normal, stream, uniform } from '../../../src/random/index.ts'
import { toNumbers } from '../../../src/tensor/index.ts'
import { type Increments, laplaceLaw } from './lattice-walk.ts'
import { type Energy, LENGTH } from './levy.ts'

/** A walk from 0 with increments that are 0, or with probability `active` Laplace of scale 1; y = x + s n. */
export interface SparseWalk {
  readonly name: string
  readonly active: number
  /** s. */
  readonly noise: number
  /** The walk stays within ± this but for some 10⁻⁶ of its entries. */
  readonly reach: number
}

export const sparseWalks: readonly SparseWalk[] = [
  { name: 'Laplace', active: 1, noise: 0.34, reach: 56 },
  { name: 'Bernoulli–Laplace', active: 0.1, noise: 0.097, reach: 25 },
]

/** For the lattice. */
export const incrementsOf = ({ active, reach }: SparseWalk): Increments => ({
  active,
  law: laplaceLaw(1),
  reach,
})

/** Walks [count, 64] and their observations. */
export const sparseSignals = (
  { active, noise }: SparseWalk,
  count: number,
): { readonly x: number[]; readonly y: number[] } => {
  const shape = [count, LENGTH]
  const on = toNumbers(uniform(stream(0, 'sparse jump'), shape))
  const size = toNumbers(uniform(stream(0, 'sparse size'), shape))
  const n = toNumbers(normal(stream(0, 'sparse noise'), shape))
  const x: number[] = []
  for (const [i, u] of size.entries()) {
    const step = on[i] < active ? -Math.sign(u - 0.5) * Math.log(1 - Math.abs(2 * u - 1)) : 0
    x.push(step + (i % LENGTH === 0 ? 0 : x[i - 1]))
  }
  return { x, y: x.map((v, i) => v + noise * n[i]) }
}

/** Where increments count as none, in noises: far above what samplers leave, far below what is seen. */
const ALIKE = 0.1

/**
 * −2 times a functional of x that ranks draws and truth. With Laplace increments it is log p(x | y) up to a
 * constant. Bernoulli–Laplace ones have no density: their atom is taken as N(0, (s/10)²), so draws whose
 * increments are nearly zero rank as those with exact ones. Ranks are calibrated whatever the functional.
 */
export const sparseEnergy = ({ active, noise }: SparseWalk): Energy => {
  const width = ALIKE * noise
  const atom = (1 - active) / (width * Math.sqrt(2 * Math.PI))
  const logDensity = (u: number): number => {
    const jump = Math.log(active / 2) - Math.abs(u)
    const none = Math.log(atom) - 0.5 * (u / width) ** 2 // −∞ where there is no atom
    return Math.max(jump, none) + Math.log1p(Math.exp(-Math.abs(jump - none)))
  }
  return (x, y, row) => {
    let sum = 0
    for (let i = 0; i < LENGTH; i++) {
      const at = row * LENGTH + i
      sum += ((y[at] - x[at]) / noise) ** 2 - 2 * logDensity(x[at] - (i > 0 ? x[at - 1] : 0))
    }
    return sum
  }
}
