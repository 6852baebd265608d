/**
 * Figure 2 of DiEM: how far q(xt | y) is from p(xt | y) for each choice of V, by noise
 * level, over random problems.
 *
 * The divergence of independent samples of one distribution is not 0, so, as DiEM's code does, that of two
 * samples of the truth is taken off: max(S(u₁, v) − S(u₁, u₂), 1e-6). ε = σ², the blur that separates xt from
 * x: nothing finer is in either cloud, and a thousand points suffice.
 */

import { divergences } from './divergence.ts'
import { type Choice, type Counts, choices, guided } from './guided.ts'
import { asPoints, type Curve, posteriorPoints, randomProblem } from './problem.ts'

/** Least divergence that is told apart from none. */
const FLOOR = 1e-6

/** Divergences of one problem at one level. */
export interface Reading {
  readonly seed: number
  readonly sigma: number
  /** S(u₁, u₂), which was taken off. */
  readonly noise: number
  readonly divergence: Readonly<Record<Choice, number>>
}

/** What to study. */
export interface StudyOptions extends Counts {
  readonly seeds: readonly number[]
  readonly curve: Curve
  readonly sigmas: readonly number[]
  readonly onReading?: (reading: Reading) => void
}

const byChoice = (value: (index: number) => number): Readonly<Record<Choice, number>> => ({
  Tweedie: value(0),
  '(Σx⁻¹ + Σt⁻¹)⁻¹': value(1),
  Σt: value(2),
  '0': value(3),
})

/** Readings of every problem and level. */
export const study = async ({
  seeds,
  curve,
  sigmas,
  onReading,
  ...counts
}: StudyOptions): Promise<Reading[]> => {
  const readings: Reading[] = []
  for (const seed of seeds) {
    const problem = randomProblem(seed, curve)
    const { at, release } = guided(problem)
    for (const sigma of sigmas) {
      const truth = (purpose: string) => asPoints(posteriorPoints(problem, sigma, counts.points, purpose))
      const [noise, ...guesses] = divergences(
        truth('truth'),
        [truth('other truth'), ...(await at(sigma, counts))],
        sigma ** 2,
      )
      const divergence = byChoice((c) => Math.max(guesses[c] - noise, FLOOR))
      const reading = { seed, sigma, noise, divergence }
      readings.push(reading)
      onReading?.(reading)
    }
    await release()
  }
  return readings
}

/** The value below which a share of the values lies, linear between them. */
const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const [low, high] = [Math.floor(at), Math.ceil(at)]
  return sorted[low] + (at - low) * (sorted[high] - sorted[low])
}

/** Median and quartiles over the problems. */
export interface Band {
  readonly sigma: number
  readonly low: number
  readonly median: number
  readonly high: number
}

/** The curve of a value of the readings against σ. */
export const bandOf = (readings: readonly Reading[], value: (reading: Reading) => number): Band[] =>
  [...new Set(readings.map(({ sigma }) => sigma))].map((sigma) => {
    const values = readings.filter((r) => r.sigma === sigma).map(value)
    return {
      sigma,
      low: quantile(values, 0.25),
      median: quantile(values, 0.5),
      high: quantile(values, 0.75),
    }
  })

/** The curves of all choices. */
export const bandsOf = (readings: readonly Reading[]) =>
  choices.map((choice) => ({ choice, bands: bandOf(readings, (r) => r.divergence[choice]) }))
