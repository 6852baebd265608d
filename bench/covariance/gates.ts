/** E6: Tweedie's covariance against the heuristics, as gates. */
import { atMost, type Gate } from '../exact/gate.ts'
import { choices } from './guided.ts'
import { bandOf, type Reading, study } from './study.ts'

/** A choice is told from the truth when its median is this many times that of the noise which was taken off. */
const VISIBLE = 1

/** Tweedie's median as a share of each other choice's, at every level where that other one is visible. */
export const ratioGates = (readings: readonly Reading[]): Gate[] => {
  const noise = bandOf(readings, (r) => r.noise)
  const tweedie = bandOf(readings, (r) => r.divergence.Tweedie)
  return choices.slice(1).flatMap((choice) =>
    bandOf(readings, (r) => r.divergence[choice]).flatMap(({ sigma, median }, i) => {
      if (median < VISIBLE * noise[i].median) return []
      return [atMost(`E6 σ ${sigma}, Tweedie over V = ${choice}`, tweedie[i].median / median, 0.1)]
    }),
  )
}

/** The fast version, for `bench -- exact`: fewer problems, levels and points. */
export const covarianceGates = async (): Promise<Gate[]> =>
  ratioGates(await study({ seeds: [0, 1, 2, 3], sigmas: [0.05, 0.2, 1], points: 256, proposals: 2 ** 15 }))
