/**
 * How far a posterior is from the truth by what stands for V[x | xt] in it: Figures 1 and 2 of DiEM (Rozet et al. 2024),
 * with the library's own denoiser and covariances.
 *
 *   npm run bench -- covariance [--seeds 16] [--points 512] [--figure FILE.svg] [--json]
 *
 * Sixteen random curves, ten noise levels: some five minutes of one core.
 */
import { parseArgs } from 'node:util'
import { formatTable } from '../src/cli/table.ts'
import { writeAtomic } from '../src/data/index.ts'
import { TweedieError } from '../src/error.ts'
import { covarianceFigure, type Panel } from './covariance/figure.ts'
import { ratioGates } from './covariance/gates.ts'
import { choices, guided } from './covariance/guided.ts'
import { asPoints, coil, posteriorPoints, priorPoints } from './covariance/problem.ts'
import { type Band, bandOf, bandsOf, type Reading, study } from './covariance/study.ts'

/** Noise levels of the figure; the gates are on those from 0.05 to 2. */
const SIGMAS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] as const
const JUDGED: readonly [number, number] = [0.05, 2]
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

/** @returns the exit code: 1 when a gate is missed, 2 for bad input */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '16' },
      points: { type: 'string', default: '512' },
      figure: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const seeds = Array.from({ length: countOf(values.seeds, 'seeds', 64) }, (_, i) => i)
  const points = countOf(values.points, 'points', 16384)
  const onReading = ({ seed, sigma }: Reading) => {
    if (sigma === SIGMAS[SIGMAS.length - 1])
      console.error(`covariance: ${seed + 1} of ${seeds.length} curves`)
  }
  const readings = await study({ seeds, sigmas: SIGMAS, points, proposals: 2 ** 15, onReading })
  const gates = ratioGates(readings.filter(({ sigma }) => sigma >= JUDGED[0] && sigma <= JUDGED[1]))
  if (values.figure !== undefined) {
    const curves = bandsOf(readings).map(({ choice, bands }) => ({ name: `V = ${choice}`, bands }))
    writeAtomic(values.figure, Buffer.from(covarianceFigure(await coilPanels(), curves)))
  }
  if (values.json)
    console.log(JSON.stringify({ seeds: seeds.length, points, curves: bandsOf(readings), gates }))
  else {
    console.log(table(readings))
    for (const { name, value, pass } of gates)
      console.log(`${pass ? 'ok  ' : 'FAIL'} ${name.padEnd(44)} ${value.toPrecision(3)}  <= 0.1`)
  }
  return gates.every(({ pass }) => pass) ? 0 : 1
}
