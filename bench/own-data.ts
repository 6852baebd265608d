/**
 * Own data: what a stranger gets from `learn` and `sample`, beside simple baselines, on data that nothing
 * here was tuned on. Priors are learned from the incomplete observations alone; the truth only judges.
 *
 *   npm run bench -- own-data [NAME …] [--minutes 20 | --baselines-only] [--run NAME=RUN …]
 *       [--out runs/own-data] [--json]
 *
 * Packages are fetched into ~/.cache/tweedie-bench (or $TWEEDIE_BENCH_CACHE). In `--out` lie, for each set,
 * NAME.npz (to learn from), NAME-judged.npz (to restore), NAME-truth.npz (as `report --truth` takes it), the
 * figures of the baselines, which are computed once, and the run, which the same command continues. `--run`
 * judges a prior that was learned before. Intervals of differences: 95 %, bootstrap over photographs, slabs
 * or observations.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { TweedieError } from '../src/error.ts'
import { writeArrays } from '../src/formats/index.ts'
import { nearestName } from '../src/nearest.ts'
import { writeObservations } from '../src/observations/index.ts'
import { baselineReadings } from './own-data/baselines.ts'
import { judge, type Tally } from './own-data/judge.ts'
import { ownSets } from './own-data/list.ts'
import { learnPrior, restored } from './own-data/ours.ts'
import { type Cut, type OwnSet, partsOf } from './own-data/own-set.ts'
import { type Line, type SetReading, setTable } from './own-data/table.ts'
import { against, figuresOf, targets } from './own-data/verdict.ts'

/** What was asked for. */
interface Request {
  readonly out: string
  readonly sets: readonly OwnSet[]
  /** Minutes of learning; undefined: baselines alone. */
  readonly minutes?: number
  /** Priors that were learned before, by set. */
  readonly runs: ReadonlyMap<string, string>
}

const namedSet = (name: string): OwnSet => {
  const known = ownSets.find((set) => set.name === name)
  if (known) return known
  const names = ownSets.map((set) => set.name)
  throw new TweedieError(
    'input',
    `unknown set '${name}', did you mean '${nearestName(name, names)}'? (known: ${names.join(', ')})`,
  )
}

const minutesOf = (text: string): number => {
  const minutes = Number(text)
  if (minutes > 0 && Number.isFinite(minutes)) return minutes
  throw new TweedieError('input', `--minutes: expected a positive number, got '${text}'`)
}

const runOf = (text: string): [string, string] => {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1)
    throw new TweedieError('input', `--run: expected NAME=RUN, got '${text}'`)
  return [namedSet(text.slice(0, at)).name, text.slice(at + 1)]
}

/** Where the files of a set are. */
const filesOf = (out: string, name: string) => ({
  learn: join(out, `${name}.npz`),
  judged: join(out, `${name}-judged.npz`),
  truth: join(out, `${name}-truth.npz`),
  baselines: join(out, `${name}-baselines.json`),
  draws: join(out, `${name}-draws.npz`),
  run: join(out, name),
})

const writeSet = (cut: Cut, files: ReturnType<typeof filesOf>): void => {
  const { toLearn, judged } = partsOf(cut)
  writeObservations(files.learn, toLearn)
  writeObservations(files.judged, judged)
  writeArrays(files.truth, { x: cut.truth })
}

/** Ours: a prior that was learned before, or one that is learned now. */
const ours = async (
  { name }: OwnSet,
  cut: Cut,
  { out, minutes, runs }: Request,
): Promise<{ readonly tally: Tally; readonly seconds: number } | undefined> => {
  const files = filesOf(out, name)
  const given = runs.get(name)
  if (given === undefined && minutes === undefined) return undefined
  const seconds =
    given === undefined && minutes !== undefined ? await learnPrior(files.learn, files.run, minutes) : 0
  const started = performance.now()
  const estimate = await restored(given ?? files.run, files.judged, files.draws)
  return { tally: judge(estimate, cut, true), seconds: seconds + (performance.now() - started) / 1000 }
}

const lineOf = (name: string, tally: Tally, seconds: number): Line => ({
  name,
  ...figuresOf(tally),
  seconds,
})

const readingOf = async (set: OwnSet, request: Request): Promise<SetReading> => {
  const { name, summary, unit } = set
  const cut = await set.cut()
  const files = filesOf(request.out, name)
  writeSet(cut, files)
  const readings = await baselineReadings(cut, files.baselines, (baseline, reading) => {
    const said = reading.kind === 'judged' ? `${reading.seconds.toFixed(0)} s` : reading.why
    console.error(`own-data: ${name}, ${baseline}: ${said}`)
  })
  const judgedBy = [...readings].flatMap(([baseline, reading]) =>
    reading.kind === 'judged' ? [{ baseline, ...reading }] : [],
  )
  const refused = [...readings].flatMap(([baseline, reading]) =>
    reading.kind === 'refused' ? [[baseline, reading.why] as const] : [],
  )
  const found = await ours(set, cut, request)
  const tallies = new Map(judgedBy.map(({ baseline, tally }) => [baseline, tally]))
  const error = found && against(found.tally, tallies, 'rmse', cut.parts)
  const crps = found && against(found.tally, tallies, 'crps', cut.parts)
  const { range } = cut.set
  return {
    set: { name, summary, unit },
    observations: {
      learned: cut.learned,
      judged: cut.truth.shape[0],
      parts: new Set(cut.parts).size,
    },
    span: range[1] - range[0],
    baselines: judgedBy.map(({ baseline, tally, seconds }) => lineOf(baseline, tally, seconds)),
    refused: Object.fromEntries(refused),
    ...(found ? { ours: lineOf('Tweedie', found.tally, found.seconds) } : {}),
    ...(error && crps ? { against: { error, crps } } : {}),
  }
}

const requestOf = (args: readonly string[]): Request & { readonly json: boolean } => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '20' },
      'baselines-only': { type: 'boolean', default: false },
      run: { type: 'string', multiple: true, default: [] },
      out: { type: 'string', default: 'runs/own-data' },
      json: { type: 'boolean', default: false },
    },
  })
  const { minutes, run, out, json } = values
  const runs = new Map(run.map(runOf))
  return {
    out,
    json,
    sets: positionals.length > 0 ? positionals.map(namedSet) : ownSets,
    ...(values['baselines-only'] ? {} : { minutes: minutesOf(minutes) }),
    runs,
  }
}

const verdictsOf = (readings: readonly SetReading[]) =>
  targets(
    readings.flatMap(({ against: found, ours: line }) =>
      found && line?.coverage !== undefined ? [{ ...found, coverage: line.coverage }] : [],
    ),
  )

/** @returns the exit code: 2 for bad input */
export const run = async (args: readonly string[]): Promise<number> => {
  try {
    const { json, ...request } = requestOf(args)
    mkdirSync(request.out, { recursive: true })
    const readings: SetReading[] = []
    for (const set of request.sets) {
      const reading = await readingOf(set, request)
      readings.push(reading)
      if (!json) console.log(`${setTable(reading)}\n`)
    }
    const verdicts = readings.some(({ ours: line }) => line) ? verdictsOf(readings) : []
    if (json) console.log(JSON.stringify({ readings, targets: verdicts }))
    else
      for (const { target, reached, met } of verdicts)
        console.log(`${met ? 'met    ' : 'not met'} ${target}: ${reached}`)
    return 0
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    console.error(`bench: ${error.message}`)
    return 2
  }
}
