/** `tweedie calibrate`: how intervals must be stretched to hold what they say, with a guarantee. */
import {
  type ConformalOptions,
  type RepairsInParts,
  regionLabels,
  repairsInParts,
} from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import {
  countedEntries,
  countOf,
  hidesEntries,
  keptEntries,
  type Observations,
  openObservations,
  readRows,
  residualProgram,
} from '../../observations/index.ts'
import { type Shape, zeros } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { drawsFirst, matched, openDraws, openTruth, readLabels } from '../restored/foreign-draws.ts'
import { observationsFor, residualsOf } from '../restored/judged.ts'
import { eachProblemPart, soundObservations, soundProblems } from '../restored/problem-source.ts'
import { type Repair, repairOf, repairPath, writeRepair } from '../restored/repair.ts'
import { formatTable } from '../table.ts'
import { drawsFile } from './diagnose.ts'

type Options = OptionsOf<'calibrate'>

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** What a repair is learned from. */
interface Evidence {
  /** Calls `take` with draws, what they should hold, and which entries count, part by part. */
  readonly each: (take: RepairsInParts['add']) => Promise<void>
  readonly options: Omit<ConformalOptions, 'entries'>
  /** Shape of one signal. */
  readonly event: Shape
  /** What the draws were observed by. */
  readonly set?: Observations
  /** In words. */
  readonly counted: string
  readonly from: Repair['from']
  readonly release: () => Promise<void>
}

/** The truth of held-out signals. */
const knownTruth = async (
  source: string,
  file: string,
  { observations }: Options,
  io: Io,
): Promise<Evidence> => {
  const path = drawsFile(source)
  const stored = openDraws(path)
  const all = matched(stored, await openTruth(file, Math.min(...stored.shape.slice(0, 2))), file)
  const set = observations === undefined ? undefined : observationsFor(observations, all.draws.shape)
  const problems = await soundProblems({ ...all, set }, path, io)
  const hidden = set !== undefined && hidesEntries(soundObservations(set, problems.leftOut))
  return {
    each: (take) =>
      eachProblemPart(problems, 'signals', ({ problems: { draws, truth, set } }) => {
        if (truth) take(draws, truth, set && countedEntries(set, hidden).entries)
      }),
    options: {},
    event: all.truth.shape.slice(1),
    set,
    counted: hidden ? ', hidden entries alone' : '',
    from: 'truth',
    release: async () => {},
  }
}

/**
 * Held-out observations y = A x + σ n: the residuals (y − A x)/σ of the draws should hold 0, beside noise of
 * size 1.
 */
const heldOut = async (source: string, file: string, options: Options, io: Io): Promise<Evidence> => {
  const path = drawsFile(source)
  const draws = drawsFirst(openDraws(path), countOf(openObservations(file)))
  const set = observationsFor(file, draws.shape)
  const problems = await soundProblems({ draws, set }, path, io)
  if (options.by !== undefined && !keptEntries(readRows(set, 0, 1)))
    throw new TweedieError('input', '--by: with --held only where entries of the signal were held out')
  const program = residualProgram(soundObservations(set, problems.leftOut))
  return {
    each: (take) =>
      eachProblemPart(problems, 'signals', async ({ problems, first }) => {
        const { draws: residuals, observed } = await residualsOf(program, problems, first)
        take(residuals, zeros(residuals.shape.slice(1)), observed)
      }),
    options: { noise: 1 },
    event: draws.shape.slice(2),
    set,
    counted: ', held-out seen entries alone',
    from: 'held',
    release: () => program.release(),
  }
}

const evidenceOf = (source: string, options: Options, io: Io): Promise<Evidence> => {
  const { truth, held } = options
  if (truth !== undefined && held === undefined) return knownTruth(source, truth, options, io)
  if (held !== undefined && truth === undefined && options.observations === undefined)
    return heldOut(source, held, options, io)
  throw new TweedieError('input', 'give --truth (and --observations), or --held alone')
}

const rowsOf = (region: string, levels: Repair['levels']): string[][] =>
  levels.map(({ level, factor, before }) => [
    region,
    percent(level),
    percent(before),
    typeof factor === 'number' ? factor.toFixed(3) : factor,
  ])

const GUARANTEE = {
  truth: 'of a further observation like these, repaired intervals hold what they say, on average',
  held: 'that is for held-out entries with their noise, on average; of what was never seen it says nothing',
} as const

export const run = async ([source]: readonly string[], options: Options, io: Io): Promise<void> => {
  const evidence = await evidenceOf(source, options, io)
  const { event, set, from, counted } = evidence
  const labels = options.by === undefined ? undefined : readLabels(options.by, event)
  const repairs = repairsInParts(evidence.options, labels && regionLabels(labels, event))
  try {
    do await evidence.each(repairs.add)
    while (repairs.again())
  } finally {
    await evidence.release()
  }
  const regions = labels && repairs.regions()
  const repair = repairOf(repairs.whole(), {
    event,
    set,
    from,
    ...(labels && regions ? { labels, regions } : {}),
  })
  const path = options.output ?? repairPath(source)
  writeRepair(path, repair)
  const rows = [
    ...rowsOf('all', repair.levels),
    ...(repair.regions?.factors ?? []).flatMap((region) => rowsOf(`${region.label}`, region.levels)),
  ]
  const columns = ['region', 'interval', 'held before', 'stretched by']
  io.result(
    [
      repair.regions
        ? `${formatTable(columns, rows)}\n`
        : `${formatTable(
            columns.slice(1),
            rows.map((row) => row.slice(1)),
          )}\n`,
      `from ${repair.problems} problems of ${repair.draws} draws${counted}`,
      GUARANTEE[from],
      `written  ${path}`,
    ].join('\n'),
    { path, ...repair },
  )
}
