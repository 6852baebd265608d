/**
 * How far a posterior is from the truth by what stands for V[x | xt] in it: Figures 1 and 2 of DiEM (Rozet et
 * al. 2024), with the library's own denoiser and covariances.
 *
 *   npm run bench -- covariance [--seeds 16] [--points 256] [--components 1024]
 *       [--spacing even|drawn] [--figure FILE.svg] [--json]
 *
 * Sixteen random curves, six noise levels: some minutes. DiEM draws 256 means on a curve at random times
 * (--components 256 --spacing drawn). Gaussians of thickness 0.01 then leave gaps where the curve crosses the
 * plane that y names: the true posterior knows of them, no Gaussian for x | xt does, and the weights of the
 * branches are off by some per cent for whatever V. A thousand at even times (the default, and the gates) are
 * what they stand for, a smooth curve.
 */
import { parseArgs } from 'node:util'
import { formatTable } from '../src/cli/table.ts'
import { TweedieError } from '../src/error.ts'
import { writeAtomic } from '../src/formats/index.ts'
import { covarianceFigure, type Panel } from './covariance/figure.ts'
import { ratioGates } from './covariance/gates.ts'
import { choices, guided } from './covariance/guided.ts'
import {
  asPoints,
  type Curve,
  coil,
  crossings,
  posteriorPoints,
  priorPoints,
  randomProblem,
  type Spacing,
  spacings,
} from './covariance/problem.ts'
import { type Band, bandOf, bandsOf, type Reading, study } from './covariance/study.ts'

/** Noise levels of the figure. Below 0.05 the plans between branches hardly converge. */
const SIGMAS = [0.05, 0.1, 0.2, 0.5, 1, 2] as const
const COIL = { sigma: 0.25, points: 16384, proposals: 2 ** 17 }

/** Points of the coil: the noisy prior, the truth, and what each choice makes of it. */
const coilPanels = async (): Promise<Panel[]> => {
  const problem = coil()
  const { sigma, points } = COIL
  const { at, release } = guided(problem)
  const guesses = await at(sigma, COIL)
  await release()
  return [
    { name: 'p(xt)', points: asPoints(priorPoints(problem, sigma, points, 'panel prior')) },
    { name: 'p(xt | y)', points: asPoints(posteriorPoints(problem, sigma, points, 'panel truth')) },
    ...choices.map((choice, i) => ({ name: `V = ${choice}`, points: guesses[i] })),
  ]
}

const cell = ({ median, low, high }: Band): string =>
  `${median.toPrecision(2)} (${low.toPrecision(2)} – ${high.toPrecision(2)})`

const table = (readings: readonly Reading[]): string => {
  const curves = [...bandsOf(readings).map(({ bands }) => bands), bandOf(readings, (r) => r.noise)]
  const header = ['σ', ...choices.map((choice) => `V = ${choice}`), 'noise taken off']
  return formatTable(
    header,
    curves[0].map(({ sigma }, i) => [sigma, ...curves.map((bands) => cell(bands[i]))]),
  )
}

const countOf = (text: string, option: string, most: number): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new TweedieError('input', `--${option}: expected an integer in 1 … ${most}, got '${text}'`)
}

const spacingOf = (text: string): Spacing => {
  const found = spacings.find((s) => s === text)
  if (found) return found
  throw new TweedieError('input', `--spacing: expected ${spacings.join(' or ')}, got '${text}'`)
}

const readingsOf = (seeds: readonly number[], points: number, curve: Curve): Promise<Reading[]> => {
  const onReading = ({ seed, sigma }: Reading) => {
    if (sigma === SIGMAS[SIGMAS.length - 1])
      console.error(`covariance: ${seed + 1} of ${seeds.length} curves`)
  }
  return study({ seeds, curve, sigmas: SIGMAS, points, proposals: 2 ** 14, onReading })
}

/** @returns the exit code: 1 when a gate is missed, 2 for bad input */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '16' },
      points: { type: 'string', default: '256' },
      components: { type: 'string', default: '1024' },
      spacing: { type: 'string', default: 'even' },
      figure: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const seeds = Array.from({ length: countOf(values.seeds, 'seeds', 64) }, (_, i) => i)
  const points = countOf(values.points, 'points', 16384)
  const components = countOf(values.components, 'components', 4096)
  const curve: Curve = { spacing: spacingOf(values.spacing), components }
  const readings = await readingsOf(seeds, points, curve)
  const once = readings.filter(({ seed }) => crossings(randomProblem(seed, curve)) === 1)
  const gates = [...ratioGates(once, 'one branch,'), ...ratioGates(readings, 'all curves,')]
  if (values.figure !== undefined) {
    const curves = bandsOf(readings).map(({ choice, bands }) => ({ name: `V = ${choice}`, bands }))
    writeAtomic(values.figure, Buffer.from(covarianceFigure(await coilPanels(), curves)))
  }
  if (values.json)
    console.log(JSON.stringify({ seeds: seeds.length, points, ...curve, curves: bandsOf(readings), gates }))
  else {
    console.log(table(readings))
    for (const { name, value, pass } of gates)
      console.log(`${pass ? 'ok  ' : 'FAIL'} ${name.padEnd(44)} ${value.toPrecision(3)}  <= 0.1`)
  }
  return gates.every(({ pass }) => pass) ? 0 : 1
}
