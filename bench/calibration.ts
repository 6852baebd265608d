/**
 * Every posterior method where the posterior is known, at equal evaluations of the exact denoiser of the
 * prior: how far its draws are from the posterior, how often regions hold the truth, what it costs.
 *
 *   npm run bench -- calibration [--evaluations 64] [--workers N] [--json]
 *     [--only mixtures,levy,laplace,bernoulli-laplace,field,photographs]
 *
 * Half an hour on two cores. Distances: mixtures, sliced Wasserstein; Lévy signals, error of the mean of 39
 * draws in posterior standard deviations, and by how many dB it is worse than E[x | y]; field, of the
 * marginals; photographs, total variation of the shares of 32 draws.
 */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { formatTable } from '../src/cli/table.ts'
import { TweedieError } from '../src/error.ts'
import type { DoJob } from '../src/run/index.ts'
import { onFields } from './calibration/field.ts'
import { onBernoulliLaplaceWalks, onLaplaceWalks, onWalks } from './calibration/levy.ts'
import { onMixtures } from './calibration/mixtures.ts'
import { onPhotographs } from './calibration/photographs.ts'
import { type Reading, readingSchema } from './calibration/reading.ts'
import { eachCell } from './cell-workers.ts'

const parts = {
  mixtures: onMixtures,
  levy: onWalks,
  laplace: onLaplaceWalks,
  'bernoulli-laplace': onBernoulliLaplaceWalks,
  field: onFields,
  photographs: onPhotographs,
} as const

const partName = z.enum(['mixtures', 'levy', 'laplace', 'bernoulli-laplace', 'field', 'photographs'])

const share = (value: number | undefined): string => (value === undefined ? '' : (100 * value).toFixed(1))

const row = (r: Reading) =>
  r.failed === undefined
    ? [
        r.method,
        r.evaluations,
        r.distance.toPrecision(3),
        [share(r.half), share(r.most)].filter(Boolean).join(' / '),
        share(r.region),
        r.score === undefined ? '' : `${(100 * r.score).toFixed(1)} %`,
        r.gap === undefined ? '' : r.gap.toFixed(2),
        r.milliseconds.toPrecision(2),
      ]
    : [r.method, r.evaluations, `– ${r.failed.slice(0, 60)}`, '', '', '', '', '']

const HEAD = [
  'method',
  'evaluations',
  'distance',
  '50 / 90 %',
  '90 % region',
  'energy score',
  'gap, dB',
  'ms a draw',
]

const optionsOf = (args: readonly string[]) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      evaluations: { type: 'string', default: '64' },
      only: { type: 'string', default: Object.keys(parts).join(',') },
      workers: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const evaluations = Number(values.evaluations)
  if (!(Number.isInteger(evaluations) && evaluations >= 8))
    throw new TweedieError('input', `--evaluations: expected at least 8, got '${values.evaluations}'`)
  const wanted = values.only.split(',')
  const unknown = wanted.find((name) => !(name in parts))
  if (unknown !== undefined)
    throw new TweedieError(
      'input',
      `--only: no part '${unknown}', there are ${Object.keys(parts).join(', ')}`,
    )
  const names = Object.keys(parts).filter((name) => wanted.includes(name))
  return { evaluations, names, workers: values.workers, json: values.json }
}

/** The readings of a part. */
const readingsOf =
  (evaluations: number) =>
  async (name: unknown): Promise<Reading[]> => {
    const found: Reading[] = []
    await parts[partName.parse(name)](evaluations, (reading) => found.push(reading))
    return found
  }

const print = (found: readonly Reading[]): void => {
  for (const problem of new Set(found.map((r) => r.problem))) {
    const own = found.filter((r) => r.problem === problem)
    console.log(`${problem} (exact draws: distance ${own[0].floor.toPrecision(3)})`)
    console.log(`${formatTable(HEAD, own.map(row))}\n`)
  }
}

/** The parts, for one of several processes. */
export const cells = async (args: readonly string[]): Promise<DoJob> =>
  readingsOf(optionsOf(args).evaluations)

/** @returns the exit code */
export const run = async (args: readonly string[]): Promise<number> => {
  const { evaluations, names, workers, json } = optionsOf(args)
  const readings: Reading[] = []
  const cell = { make: readingsOf(evaluations), made: z.array(readingSchema) }
  await eachCell({ bench: 'calibration', args, workers }, names, cell, (found) => {
    readings.push(...found)
    if (!json) print(found)
  })
  if (json) console.log(JSON.stringify(readings, null, 2))
  return 0
}
