/** `tweedie restore`: draws of a distilled sampler, or the sampler as an ONNX file. */
import { join } from 'node:path'
import {
  checkRestorable,
  measurementRow,
  type Restored,
  restore,
  samplerDensity,
} from '../../amortize/index.ts'
import { crps, psnr } from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import { writeArrays } from '../../formats/index.ts'
import {
  type Observations,
  openObservations,
  readRows,
  wholeSet,
  withRange,
} from '../../observations/index.ts'
import { applyAffine, type DataRange } from '../../operators/index.ts'
import type { LostDraw } from '../../posterior/index.ts'
import { isRunFolder, layoutOf, loadSampler, type SavedSampler, writeSamplerOnnx } from '../../run/index.ts'
import { average, type NdArray } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { firstOf, loadClean } from '../config/loading.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { requireDevice } from '../require-device.ts'
import { lostWords, momentsOf } from '../restored/lost-draws.ts'
import { type Refined, refinementOf } from '../restored/refinement.ts'
import { type Repair, readRepair, repairedIntervals, repairLine } from '../restored/repair.ts'
import { formatFields } from '../table.ts'

type Options = OptionsOf<'restore'>

const outputOf = (source: string, { output }: Options): string => {
  if (output !== undefined) return checkedOutput(output)
  if (!isRunFolder(source))
    throw new TweedieError('input', 'say where to write the restorations with --output')
  return join(layoutOf(source).draws, 'posterior.npz')
}

/** Writes the sampler as ONNX for so many draws. */
const exported = async (sampler: SavedSampler, path: string, draws: number, io: Io): Promise<void> => {
  const written = await writeSamplerOnnx(sampler, draws, checkedOutput(path, ['.onnx']))
  io.result(
    formatFields([
      ['written', written.onnx],
      ['described', written.manifest],
      ['draws', `${draws} for one observation`],
    ]),
    { ...written, draws },
  )
}

/**
 * A sampler knows one noise level; another one makes its posterior wrong, and the set alone does not show it.
 */
const noteNoise = ({ origin }: SavedSampler, { noise }: Observations, io: Io): void => {
  if (Math.abs(noise - origin.noise) > 0.01 * origin.noise)
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

/** The clean data that the observations are of. */
const truthOf = async (
  file: string,
  { event }: SavedSampler,
  { set, row }: { readonly set: Observations; readonly row: number },
): Promise<NdArray<'float32'>> => {
  const { x } = await loadClean(file, { skip: row, count: set.y.shape[0] })
  if (String(x.shape.slice(1)) !== String(event))
    throw new TweedieError('input', `${file}: holds [${x.shape.slice(1)}], the sampler draws [${event}]`)
  return x
}

/** Average PSNR in dB of arrays in the units of the data. */
const quality = (x: NdArray<'float32'>, truth: NdArray<'float32'>, [low, high]: DataRange): number => {
  const units = { scale: 1 / (high - low), offset: -low / (high - low) }
  return average(psnr(applyAffine(units, x), applyAffine(units, truth)))
}

interface Verdict {
  readonly lines: readonly (readonly [string, string])[]
  readonly facts: Readonly<Record<string, number>>
}

/** How near mean and draws come to the truth, before and after refining. */
const judged = (
  truth: NdArray<'float32'>,
  range: DataRange,
  restored: Restored,
  refined: Refined | undefined,
): Verdict => {
  const of = (x: NdArray<'float32'> | undefined) => (x ? quality(x, truth, range) : undefined)
  const scoreOf = (x: NdArray<'float32'> | undefined) => (x ? average(crps(x, truth)) : undefined)
  const decibels = (value: number) => `${value.toFixed(2)} dB`
  const units = (value: number) => value.toPrecision(3)
  const [mean, draws] = [refined?.mean, refined?.draws]
  const figures = [
    { name: 'PSNR of mean', key: 'psnrMean', before: of(restored.mean), after: of(mean), say: decibels },
    { name: 'PSNR of a draw', key: 'psnrDraw', before: of(restored.draws), after: of(draws), say: decibels },
    { name: 'CRPS', key: 'crps', before: scoreOf(restored.draws), after: scoreOf(draws), say: units },
  ]
  const lines = figures.flatMap(({ name, before, after, say }) => {
    if (before === undefined) return []
    return [[name, `${say(before)}${after === undefined ? '' : `, refined ${say(after)}`}`] as const]
  })
  const facts = figures.flatMap(({ key, before, after }) => [
    ...(before === undefined ? [] : [[key, before] as const]),
    ...(after === undefined ? [] : [[`${key}Refined`, after] as const]),
  ])
  return { lines, facts: Object.fromEntries(facts) }
}

/** The arrays to write: with `--summary` without the draws and what belongs to single ones. */
const written = (
  restored: Restored,
  refined: Refined | undefined,
  { summary }: Options,
  { repair, logqTruth }: { readonly repair?: Repair; readonly logqTruth?: NdArray<'float32'> },
): Readonly<Record<string, NdArray<'float32'>>> => {
  const { draws, ...rest }: Refined['arrays'] = { ...(refined?.arrays ?? restored) }
  return {
    ...rest,
    ...(logqTruth && Object.hasOwn(rest, 'logq') ? { logqTruth } : {}), // stepped draws have no log q
    ...(summary || !draws ? {} : { draws }),
    ...(repair && draws ? repairedIntervals(repair, draws) : {}),
  }
}

const ofTruth = (logq: NdArray<'float32'>): string => `of the truth ${average(logq.data).toFixed(1)} nats`

export const run = async (
  [source, observations]: readonly string[],
  options: Options,
  io: Io,
): Promise<void> => {
  const sampler = loadSampler(source)
  if (options.onnx !== undefined) return exported(sampler, options.onnx, options.draws, io)
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
  const { device, draws, batch, seed = 0 } = options
  await requireDevice(device)
  // What is refined, judged or repaired needs all of the draws.
  const needsAll = [refinement, truth, repair].some((use) => use !== undefined)
  const lost: LostDraw[] = []
  const onLost = (found: readonly LostDraw[]) => lost.push(...found)
  const started = performance.now()
  const secondsFrom = (start: number) => (performance.now() - start) / 1000
  const restored = await restore(sampler, set, {
    draws,
    batch,
    keep: !options.summary || needsAll,
    ...(options.strict || needsAll ? {} : { onLost }),
    seed,
    execute: { device },
    onProgress: (done, total) => io.progress({ phase: 'restoring', done, total }),
    signal: io.signal,
  })
  const seconds = secondsFrom(started)
  const refined =
    refinement && restored.draws
      ? await refinement(wholeSet(set), { ...restored, draws: restored.draws })
      : undefined
  const total = secondsFrom(started)
  const logqTruth =
    truth && restored.logq && (await samplerDensity(sampler, set, truth, { execute: { device } }))
  if (lost.length > 0) io.note(lostWords(lost, 'observations'))
  const rest = lost.length > 0 && restored.draws ? momentsOf(restored.draws, lost) : {}
  writeArrays(path, written({ ...restored, ...rest }, refined, options, { repair, logqTruth }))
  const verdict = truth ? judged(truth, set.range, restored, refined) : { lines: [], facts: {} }
  const shape = [draws, ...restored.mean.shape]
  const logq = restored.logq && average(restored.logq.data.filter(Number.isFinite))
  io.result(
    formatFields([
      ['written', path],
      ['draws', `[${shape.join(', ')}]${options.summary ? ', of which mean and spread are kept' : ''}`],
      ...(sampler.measurement === undefined ? [] : [['measurement', `row ${row}`] as const]),
      ...(logq === undefined
        ? []
        : [['mean log q', `${logq.toFixed(1)} nats${logqTruth ? `, ${ofTruth(logqTruth)}` : ''}`] as const]),
      ...(repair ? [['intervals', repairLine(repair)] as const] : []),
      ...(refined?.lines ?? []),
      ...verdict.lines,
      ['time', `${seconds.toFixed(1)} s${refined ? `, refining ${(total - seconds).toFixed(1)} s` : ''}`],
    ]),
    {
      path,
      shape,
      ...(lost.length === 0 ? {} : { lost: lost.map((one) => ({ ...one })) }),
      ...(logq === undefined ? {} : { logq }),
      ...(logqTruth ? { logqTruth: average(logqTruth.data) } : {}),
      seconds,
      ...(sampler.measurement === undefined ? {} : { row }),
      ...(refined ? { refine: options.refine ?? '', refineSeconds: total - seconds, ...refined.facts } : {}),
      ...(repair ? { calibrated: repairLine(repair) } : {}),
      ...verdict.facts,
    },
  )
}
