/** E6: Tweedie's covariance against the heuristics, as gates. */
import { sinkhornDivergence } from '../../src/diagnose/index.ts'
import { full, toNumbers } from '../../src/tensor/index.ts'
import { atMost, type Gate } from '../../test/exact/gate.ts'
import { divergences } from './divergence.ts'
import { choices, likelihoods } from './guided.ts'
import { asPoints, type Curve, crossings, posteriorPoints, randomProblem } from './problem.ts'
import { bandOf, type Reading, study } from './study.ts'

/**
 * A choice is told from the truth when its median is this many times that of the noise which was taken off.
 */
const VISIBLE = 1

/**
 * Tweedie's median as a share of each other choice's, at most `most`, at every level where
 * that other one is visible.
 */
export const ratioGates = (readings: readonly Reading[], what = 'E6', most = 0.1): Gate[] => {
  const noise = bandOf(readings, (r) => r.noise)
  const tweedie = bandOf(readings, (r) => r.divergence.Tweedie)
  return choices.slice(1).flatMap((choice) =>
    bandOf(readings, (r) => r.divergence[choice]).flatMap(({ sigma, median }, i) => {
      if (median < VISIBLE * noise[i].median) return []
      return [atMost(`${what} σ ${sigma}, Tweedie over V = ${choice}`, tweedie[i].median / median, most)]
    }),
  )
}

/**
 * Where p(x) is one Gaussian, q(y | xt) with Tweedie's covariance is p(y | xt): largest gap of the
 * logarithms.
 */
const gapOnOneGaussian = async (): Promise<number> => {
  const { means, ...rest } = randomProblem(0, SMOOTH)
  const miss = (m: readonly number[]) => Math.abs(rest.y - m.reduce((sum, v, i) => sum + v * rest.a[i], 0))
  const seen = means.reduce((a, b) => (miss(b) < miss(a) ? b : a))
  const problem = { ...rest, means: means.map(() => seen) }
  const program = likelihoods(problem)
  const sigma = 0.1
  const points = asPoints(posteriorPoints(problem, sigma, 64, 'one Gaussian'))
  const { guesses, exact } = await program(points, full([64], sigma, 'float64'))
  await program.release()
  const tweedie = toNumbers(guesses[0])
  return Math.max(...toNumbers(exact).map((p, i) => Math.abs(tweedie[i] - Math.log(p))))
}

/** Relative gap of the divergence used here to the library's. */
const gapToLibrary = (): number => {
  const problem = randomProblem(0, SMOOTH)
  const [x, y] = [0.5, 0.7].map((sigma) => asPoints(posteriorPoints(problem, sigma, 96, 'library')))
  const want = sinkhornDivergence(x, y, { reg: 0.25 })
  return Math.abs(divergences(x, [y], 0.25)[0] / want - 1)
}

/**
 * A curve without gaps: 256 Gaussians of thickness 0.01 on a curve of length 10 or more are a row of beads.
 */
const SMOOTH: Curve = { spacing: 'even', components: 1024 }

/**
 * The fast version, for `bench -- exact`. The factor of ten holds where the curve crosses the plane of y
 * once; where it crosses twice or more, x given xt has branches that no Gaussian has, whatever V
 * (docs/RESULTS.md), and Tweedie's has to be the best of all.
 */
export const covarianceGates = async (): Promise<Gate[]> => {
  const readings = await study({
    seeds: [0, 1, 2, 3, 5, 7, 8, 12],
    curve: SMOOTH,
    sigmas: [0.05, 0.1, 0.2],
    points: 256,
    proposals: 2 ** 14,
  })
  const once = readings.filter(({ seed }) => crossings(randomProblem(seed, SMOOTH)) === 1)
  return [
    atMost('E6 one Gaussian, q(y | xt) by Tweedie', await gapOnOneGaussian(), 1e-9),
    atMost('E6 divergence against sinkhornDivergence', gapToLibrary(), 1e-3),
    ...ratioGates(once, 'E6 one branch,'),
    ...ratioGates(readings, 'E6 all curves,', 1),
  ]
}
