/** `tweedie calibrate`: how intervals must be stretched to hold what they say, with a guarantee. */
import {
  type ConformalOptions,
  conformalRepair,
  type RegionRepair,
  regionRepairs,
} from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import {
  countedEntries,
  keptEntries,
  type ObservationSet,
  readObservations,
} from '../../observations/index.ts'
import { type NdArray, type Shape, zeros } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { drawsFirst, matched, readDraws, readLabels, readTruth } from '../restored/foreign-draws.ts'
import { observationsFor, residualsOf } from '../restored/judged.ts'
import { withoutLost } from '../restored/lost-draws.ts'
import { type Repair, repairOf, repairPath, writeRepair } from '../restored/repair.ts'
import { formatTable } from '../table.ts'
import { drawsFile } from './diagnose.ts'

type Options = OptionsOf<'calibrate'>

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** What a repair is learned from: draws, what they should hold, and which entries count. */
interface Evidence {
  readonly draws: NdArray
  readonly truth: NdArray
  readonly options: ConformalOptions
  /** Shape of one signal. */
  readonly event: Shape
  /** What the draws were observed by. */
  readonly set?: ObservationSet
  /** In words. */
  readonly counted: string
  readonly from: Repair['from']
}

/** The truth of held-out signals. */
const knownTruth = async (
  source: string,
  file: string,
  { observations }: Options,
  io: Io,
): Promise<Evidence> => {
  const path = drawsFile(source)
  const read = readDraws(path)
  const all = matched(read, await readTruth(file, Math.min(...read.shape.slice(0, 2))), file)
  const every = observations === undefined ? undefined : observationsFor(observations, all.draws)
  const { draws, truth, set } = withoutLost({ ...all, set: every }, path, io)
  const judged = set && countedEntries(set)
  return {
    draws,
    truth,
    options: { entries: judged?.entries },
    event: truth.shape.slice(1),
    set,
    counted: judged?.hidden ? ', hidden entries alone' : '',
    from: 'truth',
  }
}

/**
 * Held-out observations y = A x + σ n: the residuals (y − A x)/σ of the draws should hold 0, beside noise of
 * size 1.
 */
const heldOut = async (source: string, file: string, options: Options, io: Io): Promise<Evidence> => {
  const path = drawsFile(source)
  const all = drawsFirst(readDraws(path), readObservations(file).y.shape[0])
  const { draws, set } = withoutLost({ draws: all, set: observationsFor(file, all) }, path, io)
  if (options.by !== undefined && !keptEntries(set))
    throw new TweedieError('input', '--by: with --held only where entries of the signal were held out')
  const { draws: residuals, observed } = await residualsOf(set, draws, undefined)
  return {
    draws: residuals,
    truth: zeros(set.y.shape),
    options: { noise: 1, ...(observed ? { entries: observed } : {}) },
    event: draws.shape.slice(2),
    set,
    counted: ', held-out seen entries alone',
    from: 'held',
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
  const { draws, truth, event, set, from, counted } = evidence
  const labels = options.by === undefined ? undefined : readLabels(options.by, event)
  const regions: RegionRepair[] | undefined = labels && regionRepairs(draws, truth, labels, evidence.options)
  const whole = conformalRepair(draws, truth, evidence.options)
  const repair = repairOf(whole, { event, set, from, ...(labels && regions ? { labels, regions } : {}) })
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
