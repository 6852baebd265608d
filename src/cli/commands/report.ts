/** `tweedie report`: one self-contained page about a run. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { meanOverDraws, repairedCoverage, restorationFigures, stdOverDraws } from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import { readArrays } from '../../formats/index.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import {
  backProjection,
  filledOutsideOf,
  judgedEntries,
  keptEntries,
  neverSeen,
  neverSeenWords,
  readObservations,
} from '../../observations/index.ts'
import { type RunReport, runContent, runReport, strips, writeReport } from '../../report/index.ts'
import { layoutOf, readConfig } from '../../run/index.ts'
import { full, NdArray, zeros } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { firstOf, loadClean } from '../config/loading.ts'
import type { Io } from '../io.ts'
import { formatTable } from '../table.ts'
import { besideBaselines } from './beside-baselines.ts'
import { readRepairedIntervals, repairedNote } from './repair.ts'

type Options = OptionsOf<'report'>

const drawsOf = (path: string): NdArray<'float32'> => {
  const { draws } = readArrays(path)
  if (!(draws?.data instanceof Float32Array) || draws.shape.length !== 5) {
    const got = draws === undefined ? 'nothing' : `${draws.dtype} [${draws.shape}]`
    throw new TweedieError(
      'input',
      `${path}: a report shows draws of images, field 'draws' float32 [K, N, C, H, W], got ${got}`,
    )
  }
  return new NdArray('float32', draws.shape, draws.data)
}

/** Strips of the draws, and their figures where the truth is known. */
const restored = async (folder: string, options: Options, io: Io): Promise<Partial<RunReport>> => {
  const { draws: file, observations, truth: truthFile, baselines: named, held, seed } = options
  const path = file ?? join(layoutOf(folder).draws, 'posterior.npz')
  if (file === undefined && !existsSync(path)) return {}
  if (options.baselines === undefined && options.held !== undefined)
    throw new TweedieError('input', '--held goes with --baselines')
  if (observations === undefined) {
    const hint = `${path}: say with --observations which set the draws belong to`
    if (file !== undefined || truthFile !== undefined) throw new TweedieError('input', hint)
    io.note(`${hint}; the report goes without them`)
    return {}
  }
  const read = drawsOf(path)
  const [, n, ...event] = read.shape
  const set = readObservations(observations)
  const shape = set.operator.event
  if (set.y.shape[0] < n || shape.join() !== event.join()) {
    throw new TweedieError(
      'input',
      `${observations}: has ${set.y.shape[0]} observations of [${shape}], the draws are of ${n} × [${event}]`,
    )
  }
  const draws = filledOutsideOf(set, read)
  const cut = (a: NdArray<'float32'>) =>
    new NdArray('float32', [n, ...event], a.data.subarray(0, n * event.reduce((p, d) => p * d, 1)))
  const repaired = readRepairedIntervals(path, [n, ...event])
  const picture = await backProjection(firstOf(set, n))
  const y = picture ?? zeros([n, ...event])
  const kept = keptEntries(set)
  const mask = kept && cut(kept)
  // Operators other than masks leave no pixel that is known already.
  const judged = judgedEntries(firstOf(set, n)) ?? full([n, ...event], 1)
  const observed = new NdArray(
    'float32',
    judged.shape,
    judged.data.map((v) => 1 - v),
  )
  const clean = truthFile === undefined ? undefined : (await loadClean(truthFile, { count: n })).x
  const truth = clean && filledOutsideOf(set, clean)
  const range = set.range
  const unseen = neverSeen(set)
  const beside =
    named === undefined
      ? undefined
      : await besideBaselines(named, draws, firstOf(set, n), { held, truth }, { seed, io })
  const lead = [...(beside?.wins ?? []), ...(repaired ? [repairedNote(repaired)] : [])].join(' ')
  const said = {
    ...(lead === '' ? {} : { lead }),
    ...(beside ? { besideBaselines: beside.table } : {}),
    ...(unseen ? { notes: [neverSeenWords(unseen)] } : {}),
  }
  const shown = strips({ y, mask, draws, mean: meanOverDraws(draws), std: stdOverDraws(draws), truth, range })
  if (!truth || range[0] !== 0 || range[1] !== 1) return { ...said, strips: [shown] }
  const figures = restorationFigures(draws, truth, {
    observed,
    inside: set.valid,
    levels: [0.1, 0.3, 0.5, 0.7, 0.9],
  })
  const at = (level: number) => figures.coverage.find((c) => c.level === level)?.observed ?? Number.NaN
  const after = repaired?.intervals.map((intervals) => repairedCoverage(intervals, truth, judged))
  return {
    ...said,
    strips: [shown],
    coverage: {
      series: [
        { name: 'posterior', readings: figures.coverage },
        ...(after ? [{ name: 'repaired', readings: after }] : []),
      ],
      note:
        `${mask ? 'Pixels that were not observed' : 'All pixels'}, clipped to [0, 1]; differences below ` +
        `one grey level count as ties.${after ? ' Repaired: the intervals in the file, as they are.' : ''}`,
    },
    summaryTable: {
      columns: ['', 'PSNR', 'SSIM'],
      rows: [
        ['posterior mean', `${figures.psnrMean.toFixed(2)} dB`, figures.ssimMean.toFixed(3)],
        ['single draws', `${figures.psnrDraw.toFixed(2)} dB`, figures.ssimDraw.toFixed(3)],
      ],
      caption:
        `Coverage of ${mask ? 'unobserved' : 'all'} pixels: 50 % intervals hold ` +
        `${(100 * at(0.5)).toFixed(1)} %, 90 % intervals ${(100 * at(0.9)).toFixed(1)} %.`,
    },
  }
}

/** Clean low-dimensional points to draw beside those of the prior. */
const referenceOf = async (config: JsonRecord, count: number): Promise<NdArray | undefined> => {
  const clean = isRecord(config.data) ? config.data.clean : undefined
  return typeof clean === 'string' ? (await loadClean(clean, { split: 'test', count })).x : undefined
}

export const run = async ([folder]: readonly string[], options: Options, io: Io): Promise<void> => {
  const config = readConfig(folder)
  const path = options.output ?? layoutOf(folder).report
  const shown = await restored(folder, options, io)
  const content: RunReport = {
    title: `Run ${folder}`,
    command: `tweedie report ${folder}`,
    ...(await runContent(folder, (count) => referenceOf(config, count))),
    ...shown,
  }
  writeReport(path, runReport(content))
  const { lead, besideBaselines: beside } = shown
  io.result(
    [
      ...(lead === undefined ? [] : [lead]),
      ...(beside === undefined ? [] : [formatTable(beside.columns, beside.rows)]),
      `written  ${path}`,
    ].join('\n'),
    { path, ...(beside === undefined ? {} : { baselines: beside.rows.map((row) => [...row]) }) },
  )
}
