/** `tweedie report`: one self-contained page about a run. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { dataSetNames } from '../../datasets/index.ts'
import { TweedieError } from '../../error.ts'
import { isThere, openArrays } from '../../formats/index.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import { neverSeen, type Observations, SHARE_BYTES, wholeSet } from '../../observations/index.ts'
import { type RunData, type RunReport, runContent, runReport, writeReport } from '../../report/index.ts'
import { layoutOf, readConfig } from '../../run/index.ts'
import { type NdArray, sizeOf } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { loadClean } from '../config/loading.ts'
import type { Io } from '../io.ts'
import { type ReadSet, readingOnce } from '../reading-once.ts'
import { type RestoredContent, restoredContent, shareWords } from '../restored/content.ts'
import { type FloatRows, matched, openDraws, openTruth, type StoredDraws } from '../restored/foreign-draws.ts'
import { observationsFor } from '../restored/judged.ts'
import { allProblems, shareOfProblems, soundObservations, soundProblems } from '../restored/problem-source.ts'
import { openRepairedIntervals, repairedNote } from '../restored/repair.ts'
import { runProgress } from '../run-progress.ts'
import { formatTable } from '../table.ts'

/** The draws of a report, and what they are judged by. */
type Options = Pick<
  OptionsOf<'report'>,
  'draws' | 'observations' | 'truth' | 'held' | 'baselines' | 'seed' | 'output'
>

const drawsOf = (path: string): StoredDraws => {
  const { draws } = openArrays(path).fields
  if (draws?.dtype !== 'float32' || draws.shape.length < 3 || sizeOf(draws.shape) === 0) {
    const got = draws === undefined ? 'nothing' : `${draws.dtype} [${draws.shape}]`
    throw new TweedieError(
      'input',
      `${path}: a report shows draws, field 'draws' float32 [K, N, ...event], got ${got}`,
    )
  }
  return openDraws(path)
}

/**
 * The truth of draws [K, N, ...event].
 *
 * @throws TweedieError `input` when the file has no such truth
 */
const truthOf = async (draws: StoredDraws, file: string): Promise<FloatRows> => {
  const [, n] = draws.shape
  const truth = await openTruth(file, n)
  if (truth.shape[0] < n)
    throw new TweedieError('input', `${file}: has ${truth.shape[0]} items, the draws are of ${n}`)
  return matched(draws, truth, file).truth
}

/** The parts of the page that draws fill; nothing where there are none. */
const restored = async (
  folder: string,
  options: Options,
  { learned, read }: { readonly learned: Observations | undefined; readonly read: ReadSet },
  io: Io,
): Promise<RestoredContent & { readonly repairs: readonly string[] }> => {
  const { draws: file, observations, truth, held, baselines, seed } = options
  const path = file ?? join(layoutOf(folder).draws, 'posterior.npz')
  const nothing = { content: {}, wins: [], repairs: [] }
  const judging = Object.entries({ truth, held, baselines }).find(([, value]) => value !== undefined)
  if (file === undefined && !existsSync(path)) {
    if (judging === undefined && observations === undefined) return nothing
    throw new TweedieError('input', `${path}: no draws to show yet; make them with 'tweedie sample'`)
  }
  if (observations === undefined) {
    const hint = `${path}: say with --observations which set the draws belong to`
    if (file !== undefined || judging !== undefined) throw new TweedieError('input', hint)
    io.note(`${hint}; the report goes without them`)
    return nothing
  }
  const stored = drawsOf(path)
  const draws = { shape: stored.shape, draws: stored.columns }
  const set = observationsFor(observations, stored.shape, read)
  const repaired = openRepairedIntervals(path, stored.shape.slice(1))
  const known = truth === undefined ? undefined : await truthOf(stored, truth)
  const unseen = neverSeen(learned ?? read(observations))
  const files = { draws, set, ...(known ? { truth: known } : {}), ...(repaired ? { repaired } : {}) }
  const source = await soundProblems(files, path, io)
  if (source.leftOut.length > 0 && held !== undefined)
    throw new TweedieError('input', `--held: goes with draws that are all there, ${path} has lost some`)
  const share = shareOfProblems(source, SHARE_BYTES)
  if (share !== source) io.note(shareWords(share.shape[1], source.shape[1]))
  const { set: shown, ...sound } = await allProblems(share)
  if (!shown) throw new Error('problems have what their source has')
  const heldSet = (file: string) =>
    wholeSet(soundObservations(observationsFor(file, stored.shape), share.leftOut))
  const made = await restoredContent(
    {
      ...sound,
      source,
      set: shown,
      ...(held === undefined ? {} : { held: { file: held, set: heldSet(held) } }),
      ...(baselines === undefined ? {} : { baselines }),
      ...(unseen ? { neverSeen: unseen } : {}),
    },
    { seed, io },
  )
  return { ...made, repairs: repaired ? [repairedNote(repaired)] : [] }
}

/** Clean low-dimensional points to draw beside those of the prior. */
const referenceOf = async (config: JsonRecord, count: number): Promise<NdArray | undefined> => {
  const clean = isRecord(config.data) ? config.data.clean : undefined
  return typeof clean === 'string' ? (await loadClean(clean, { split: 'test', count })).x : undefined
}

/** The observations that a run learned from, as far as its configuration leads to them. */
const learnedFrom = (config: JsonRecord, read: ReadSet): Observations | undefined => {
  const { observations } = isRecord(config.data) ? config.data : {}
  return typeof observations === 'string' && isThere(observations) ? read(observations) : undefined
}

/** How the data that a run learned from look, as far as its configuration leads to them. */
const dataOf = async (
  config: JsonRecord,
  learned: Observations | undefined,
): Promise<Pick<RunData, 'view' | 'range' | 'valid' | 'mesh'>> => {
  const { clean } = isRecord(config.data) ? config.data : {}
  const range = Array.isArray(config.range)
    ? { range: [Number(config.range[0]), Number(config.range[1])] as const }
    : {}
  if (learned) {
    const { view, valid, mesh } = learned
    return {
      range: learned.range,
      ...(view ? { view } : {}),
      ...(valid ? { valid } : {}),
      ...(mesh ? { mesh } : {}),
      ...range,
    }
  }
  if (typeof clean !== 'string' || !(dataSetNames.includes(clean) || isThere(clean))) return range
  const { x, view, valid, range: own } = await loadClean(clean, { count: 1 })
  // Vectors are drawn in the plane that they lie in.
  const units = x.shape.length > 2 ? { range: own } : {}
  return { ...units, view, ...(valid ? { valid } : {}), ...range }
}

/** What a report says beside its page. */
export interface WrittenReport {
  readonly path: string
  /** Sentences and tables for a terminal, the most important first. */
  readonly said: readonly string[]
  /** Rows of the table beside baselines. */
  readonly baselines?: string[][]
  readonly reconciled?: string
}

/** Whether a run learns by denoising: others have losses of their own. */
const isDenoising = ({ learner = 'diem', objective }: JsonRecord): boolean =>
  learner === 'diem' && objective === undefined

const commandOf = (folder: string, options: Options): string =>
  [
    `tweedie report ${folder}`,
    ...(['draws', 'observations', 'truth', 'held', 'baselines'] as const).flatMap((name) =>
      options[name] === undefined ? [] : [`--${name} ${options[name]}`],
    ),
  ].join(' ')

/**
 * Writes the page of a run.
 *
 * @throws TweedieError `input` when draws, observations and truth do not fit
 */
export const writeRunReport = async (folder: string, options: Options, io: Io): Promise<WrittenReport> => {
  const config = readConfig(folder)
  const path = options.output ?? layoutOf(folder).report
  const read = readingOnce()
  const learned = learnedFrom(config, read)
  const known = { learned, read }
  const { content, wins, repairs, beside, reconciled } = await restored(folder, options, known, io)
  const lead = [...wins, ...repairs]
  const page: RunReport = {
    title: `Run ${folder}`,
    command: commandOf(folder, options),
    facts: [['state', runProgress(folder).words]],
    ...(await runContent(folder, {
      ...(await dataOf(config, learned)),
      denoising: isDenoising(config),
      reference: (count) => referenceOf(config, count),
    })),
    ...(lead.length === 0 ? {} : { lead: lead.join(' ') }),
    ...content,
  }
  writeReport(path, runReport(page))
  return {
    path,
    said: [
      ...lead,
      ...(beside ? [formatTable(beside.columns, beside.rows), beside.caption] : []),
      ...(reconciled === undefined ? [] : [reconciled]),
    ],
    ...(beside ? { baselines: beside.rows.map((row) => [...row]) } : {}),
    ...(reconciled === undefined ? {} : { reconciled }),
  }
}

export const run = async (
  [folder]: readonly string[],
  options: OptionsOf<'report'>,
  io: Io,
): Promise<void> => {
  const { path, said, baselines, reconciled } = await writeRunReport(folder, options, io)
  io.result([...said, `written  ${path}`].join('\n'), {
    path,
    ...(baselines ? { baselines } : {}),
    ...(reconciled === undefined ? {} : { reconciled }),
  })
}
