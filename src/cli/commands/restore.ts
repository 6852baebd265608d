/** `tweedie restore`: draws of a distilled sampler, or the sampler as an ONNX file. */
import { join } from 'node:path'
import {
  checkRestorable,
  drawingOf,
  eachSamplerDensity,
  measurementRow,
  type RestoredRows,
  restore,
  restoredBatches,
  restoreEach,
  samplerDensity,
} from '../../amortize/index.ts'
import { TweedieError } from '../../error.ts'
import { arrayWriter, writeArrays } from '../../formats/index.ts'
import { parseJson } from '../../json.ts'
import {
  countOf,
  type Observations,
  openObservations,
  readRows,
  wholeSet,
  withRange,
} from '../../observations/index.ts'
import type { LostDraw } from '../../posterior/index.ts'
import {
  type DoJob,
  isRunFolder,
  layoutOf,
  loadSampler,
  type SavedSampler,
  writeSamplerOnnx,
} from '../../run/index.ts'
import { average, type Batch, type NdArray, type Shape } from '../../tensor/index.ts'
import { type Sharing, withWorkers } from '../command-spread.ts'
import type { OptionsOf } from '../commands.ts'
import { firstOf } from '../config/loading.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { requireDevice } from '../require-device.ts'
import { restoredByJob, restoreJobs } from '../restored/draw-jobs.ts'
import { appendIntervals, drawFields, momentFields } from '../restored/draws-file.ts'
import { lostAmong, lostWords, momentsOf } from '../restored/lost-draws.ts'
import { type Refined, type Refinement, refinementOf } from '../restored/refinement.ts'
import { type Repair, readRepair, repairLine } from '../restored/repair.ts'
import { withTrust } from '../restored/trusted.ts'
import { judgement, meanOf, type TruthRows, truthOf, type Verdict } from '../restored/truth.ts'
import { formatFields } from '../table.ts'
import { trustFields } from '../trust-words.ts'

type Options = OptionsOf<'restore'>
type Floats = NdArray<'float32'>

const outputOf = (source: string, { output }: Options): string => {
  if (output !== undefined) return checkedOutput(output)
  if (!isRunFolder(source))
    throw new TweedieError('input', 'say where to write the restorations with --output')
  return join(layoutOf(source).draws, 'posterior.npz')
}

/**
 * A sampler that is not told the noise knows one level; another one makes its posterior wrong, and the set
 * alone does not show it.
 */
const noteNoise = ({ origin, condition }: SavedSampler, { noise }: Observations, io: Io): void => {
  if (!condition.noise && Math.abs(noise - origin.noise) > 0.01 * origin.noise)
    io.note(`the sampler learned with noise ${origin.noise}, these observations have ${noise}`)
}

/** The observations to restore; of a sampler of one measurement that one, and its row in the file. */
const observed = (
  sampler: SavedSampler,
  file: string,
  { count }: Options,
): { set: Observations; row: number } => {
  const all = withRange(firstOf(openObservations(file), count), sampler.range)
  checkRestorable(sampler, all, file)
  if (sampler.measurement === undefined) return { set: all, row: 0 }
  const row = measurementRow(sampler.measurement, all, file)
  return { set: readRows(all, row, row + 1), row }
}

/** A file of observations and the truth about them. */
const withTruth = async (sampler: SavedSampler, observations: string, file: string, options: Options) => {
  const { set, row } = observed(sampler, observations, options)
  const truth = await (await truthOf(file, sampler, { set, row }))(0, countOf(set))
  return { set: wholeSet(set), truth }
}

/** Writes the sampler as ONNX for so many draws. */
const exported = async (sampler: SavedSampler, path: string, draws: number, io: Io): Promise<void> => {
  const written = await writeSamplerOnnx(sampler, draws, checkedOutput(path, ['.onnx']))
  const { trust } = sampler
  io.result(
    formatFields([
      ['written', written.onnx],
      ['described', written.manifest],
      ['draws', `${draws} for one observation`],
      ...(trust ? trustFields(trust) : []),
    ]),
    { ...written, draws, ...(trust ? { trust: parseJson(JSON.stringify(trust), 'trust') } : {}) },
  )
}

/** The arrays that refined draws are kept as: with `--summary` without the draws. */
const refinedArrays = ({ arrays }: Refined, { summary }: Options, logqTruth: Floats | undefined) => {
  const { draws, ...rest }: Refined['arrays'] = { ...arrays }
  return {
    ...rest,
    ...(logqTruth && Object.hasOwn(rest, 'logq') ? { logqTruth } : {}), // stepped draws have no log q
    ...(summary || !draws ? {} : { draws }),
  }
}

/** What a restoration is of, and how it is done. */
interface Restoring {
  readonly sampler: SavedSampler
  readonly set: Observations
  readonly options: Options
  readonly truth?: TruthRows
  readonly repair?: Repair
  readonly path: string
  readonly sharing: Sharing<Batch, RestoredRows>
}

/** What came of it. */
interface Outcome {
  readonly verdict: Verdict
  readonly logq?: number
  readonly logqTruth?: number
  readonly lost: readonly LostDraw[]
  readonly refined?: Refined
  /** Seconds of drawing, and of all. */
  readonly seconds: readonly [drawing: number, all: number]
}

/** Whether draws are needed, and all of them: by what is judged, refined or repaired. */
const needsAll = ({ truth, calibrated, refine }: Options): boolean =>
  truth !== undefined || calibrated === true || refine !== undefined

/** What decides the restorations. */
const settingOf = (options: Options, { signal }: Io) => ({
  draws: options.draws,
  batch: options.batch,
  seed: options.seed ?? 0,
  execute: { device: options.device },
  keep: !options.summary || needsAll(options),
  signal,
})

/** How they are made and watched. */
const drawingBy = ({ spread, figures }: Restoring['sharing'], options: Options, io: Io) => ({
  ...settingOf(options, io),
  ...(spread ? { spread } : {}),
  onProgress: (done: number, total: number) => io.progress({ phase: 'restoring', done, total, ...figures() }),
})

const secondsFrom = (start: number): number => (performance.now() - start) / 1000

/** Restorations written as they come. */
const byRows = async (
  { sampler, set, options, truth, repair, path, sharing }: Restoring,
  io: Io,
): Promise<Outcome> => {
  const { draws: K, summary, strict, device } = options
  const each = [countOf(set), ...sampler.event]
  const hasDensity = drawingOf(sampler.flow).density
  const density = (shape: Shape) => ({ dtype: 'float32', shape }) as const
  const ofTruth = truth && hasDensity ? density([each[0]]) : undefined
  const { draws, ...intervals } = drawFields(K, each, repair)
  const writer = arrayWriter(path, {
    ...momentFields(K, each),
    ...(hasDensity ? { logq: density([K, each[0]]) } : {}),
    ...(ofTruth ? { logqTruth: ofTruth } : {}),
    ...(summary ? {} : { draws }),
    ...intervals,
  })
  const lost: LostDraw[] = []
  const judging = truth ? judgement(set.range) : undefined
  const logq = meanOf()
  const started = performance.now()
  const take = async ({ from, lost: gone, ...restored }: RestoredRows): Promise<void> => {
    const { mean, spread, logq: own, draws } = restored
    const few = lostAmong(gone, from, from + mean.shape[0])
    // Over the draws that are there, where some are lost.
    const moments = few.length > 0 && draws ? momentsOf(draws, few) : { mean, ...(spread ? { spread } : {}) }
    for (const [name, moment] of Object.entries(moments)) writer.append(name, moment)
    if (own) {
      writer.putColumns('logq', own, from)
      logq.add(own.data.filter(Number.isFinite))
    }
    if (draws && !summary) writer.putColumns('draws', draws, from)
    if (draws && repair) appendIntervals(writer, repair, draws, few, from === 0)
    if (truth) judging?.add(await truth(from, from + mean.shape[0]), restored)
  }
  try {
    await restoreEach(
      sampler,
      set,
      {
        ...drawingBy(sharing, options, io),
        ...(strict || needsAll(options) ? {} : { onLost: (found) => lost.push(...found) }),
      },
      take,
    )
    const seconds = secondsFrom(started)
    const densities = meanOf()
    if (truth && ofTruth)
      await eachSamplerDensity(sampler, set, truth, { execute: { device } }, (density) => {
        writer.append('logqTruth', density)
        densities.add(density.data)
      })
    writer.close()
    return {
      verdict: judging?.verdict() ?? { lines: [], facts: {} },
      lost,
      ...(hasDensity ? { logq: logq.mean() } : {}),
      ...(ofTruth ? { logqTruth: densities.mean() } : {}),
      seconds: [seconds, seconds],
    }
  } finally {
    writer.discard()
  }
}

/** Restorations refined: these need all of the draws. */
const byRefinement = async (
  refinement: Refinement,
  { sampler, set, options, truth, path, sharing }: Restoring,
  io: Io,
): Promise<Outcome> => {
  const started = performance.now()
  const { draws, ...restored } = await restore(sampler, set, drawingBy(sharing, options, io))
  const seconds = secondsFrom(started)
  if (!draws) throw new Error('draws are kept')
  const refined = await refinement(wholeSet(set), { ...restored, draws })
  const all = secondsFrom(started)
  const x = await truth?.(0, countOf(set))
  const logqTruth =
    x && restored.logq && (await samplerDensity(sampler, set, x, { execute: { device: options.device } }))
  writeArrays(path, refinedArrays(refined, options, logqTruth))
  const judging = judgement(set.range)
  if (x) judging.add(x, { ...restored, draws }, refined)
  return {
    verdict: x ? judging.verdict() : { lines: [], facts: {} },
    refined,
    lost: [],
    ...(restored.logq ? { logq: average(restored.logq.data) } : {}),
    ...(logqTruth ? { logqTruth: average(logqTruth.data) } : {}),
    seconds: [seconds, all],
  }
}

export const run = async (args: readonly string[], options: Options, io: Io): Promise<void> => {
  const [source, ...given] = args
  if (given.length > 1 && !options.trust)
    throw new TweedieError('input', `'${given[1]}': settings go with --trust`)
  const sampler = loadSampler(source)
  if (options.onnx !== undefined) {
    if (options.workers !== undefined)
      throw new TweedieError('input', '--workers: draw for observations; --onnx has none')
    const read = (set: string, truth: string) => withTruth(sampler, set, truth, options)
    const trusted = await withTrust(sampler, [source, ...given], options, io, read)
    return exported(trusted, options.onnx, options.draws, io)
  }
  for (const [option, value] of Object.entries({ trust: options.trust, beside: options.beside }))
    if (value !== undefined)
      throw new TweedieError('input', `--${option}: is for the manifest of a sampler; give --onnx too`)
  const [observations] = given
  if (observations === undefined)
    throw new TweedieError('input', 'say which observations to restore, or --onnx to export the sampler')
  const path = outputOf(source, options)
  const { set, row } = observed(sampler, observations, options)
  noteNoise(sampler, set, io)
  const truth = options.truth === undefined ? undefined : await truthOf(options.truth, sampler, { set, row })
  const refinement = refinementOf(sampler, set, options, io)
  if (options.calibrated && refinement)
    throw new TweedieError('input', '--calibrated: the repair is of plain draws, not of those of --refine')
  const repair = options.calibrated ? readRepair(source, options.draws, set) : undefined
  await requireDevice(options.device)
  const outcome = await withWorkers(
    { command: 'restore', args, options },
    restoreJobs,
    io.signal,
    (sharing) => {
      const restoring = { sampler, set, options, truth, repair, path, sharing }
      return refinement ? byRefinement(refinement, restoring, io) : byRows(restoring, io)
    },
  )
  const { lost, logq, logqTruth, refined, verdict, seconds } = outcome
  if (lost.length > 0) io.note(lostWords(lost, 'observations'))
  const [drawing, all] = seconds
  const shape = [options.draws, countOf(set), ...sampler.event]
  const truthWords = logqTruth === undefined ? '' : `, of the truth ${logqTruth.toFixed(1)} nats`
  io.result(
    formatFields([
      ['written', path],
      ['draws', `[${shape.join(', ')}]${options.summary ? ', of which mean and spread are kept' : ''}`],
      ...(sampler.measurement === undefined ? [] : [['measurement', `row ${row}`] as const]),
      ...(logq === undefined ? [] : [['mean log q', `${logq.toFixed(1)} nats${truthWords}`] as const]),
      ...(repair ? [['intervals', repairLine(repair)] as const] : []),
      ...(refined?.lines ?? []),
      ...verdict.lines,
      ['time', `${drawing.toFixed(1)} s${refined ? `, refining ${(all - drawing).toFixed(1)} s` : ''}`],
    ]),
    {
      path,
      shape,
      ...(lost.length === 0 ? {} : { lost: lost.map((one) => ({ ...one })) }),
      ...(logq === undefined ? {} : { logq }),
      ...(logqTruth === undefined ? {} : { logqTruth }),
      seconds: drawing,
      ...(sampler.measurement === undefined ? {} : { row }),
      ...(refined ? { refine: options.refine ?? '', refineSeconds: all - drawing, ...refined.facts } : {}),
      ...(repair ? { calibrated: repairLine(repair) } : {}),
      ...verdict.facts,
    },
  )
}

/** The restorations of one of several processes, job by job. */
export const work = async (
  [source, observations]: readonly string[],
  options: Options,
  io: Io,
): Promise<DoJob> => {
  const sampler = loadSampler(source)
  const { set } = observed(sampler, observations, options)
  return restoredByJob(restoredBatches(sampler, set, settingOf(options, io)))
}
