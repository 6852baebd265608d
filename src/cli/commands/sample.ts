/** `tweedie sample`: draws of a prior, or of the posterior given observations. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gridFrom, type Prior, stepFrom, tiledPrior, tilesOf } from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import { arrayWriter } from '../../formats/index.ts'
import { countOf, type Observations, openObservations } from '../../observations/index.ts'
import {
  type DrawJob,
  type DrawOptions,
  eachPosteriorDraw,
  eachPriorDraw,
  type LostDraw,
  methodNamed,
  methodSpec,
  type PosteriorMethod,
  posteriorBatches,
  priorBatches,
} from '../../posterior/index.ts'
import { type DoJob, isRunFolder, type LearnedPrior, layoutOf, loadPrior } from '../../run/index.ts'
import type { NdArray, Shape } from '../../tensor/index.ts'
import { type Sharing, withWorkers } from '../command-spread.ts'
import type { OptionsOf } from '../commands.ts'
import { methodOf } from '../config/building.ts'
import { firstOf } from '../config/loading.ts'
import { samplingSchema } from '../config/schema.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { requireDevice } from '../require-device.ts'
import { drawJobs, drawsByJob } from '../restored/draw-jobs.ts'
import { drawsFile } from '../restored/draws-file.ts'
import { lostWords } from '../restored/lost-draws.ts'
import { firstImages } from '../restored/pictures.ts'
import { type Repair, readRepair, repairLine } from '../restored/repair.ts'
import { secondsOf } from '../seconds.ts'
import { formatFields } from '../table.ts'
import { type WrittenReport, writeRunReport } from './report.ts'

type Options = OptionsOf<'sample'>
type Drawers = Sharing<DrawJob, NdArray<'float32'>>

const outputOf = (source: string, { output }: Options, name: string): string => {
  if (output !== undefined) return checkedOutput(output)
  if (!isRunFolder(source)) throw new TweedieError('input', 'say where to write the draws with --output')
  const { draws } = layoutOf(source)
  mkdirSync(draws, { recursive: true }) // copies of a run, such as Git's, lack its empty folders
  return join(draws, name)
}

const samplingOf = ({ iterations, solver, covariance }: Options) =>
  samplingSchema.parse({ iterations, solver, covariance })

/** The method that was asked for by name, or MMPS by the options of its own. */
const posteriorMethodOf = (options: Options, { gaussian }: LearnedPrior): PosteriorMethod => {
  const { method: text, solver, covariance } = options
  if (text === undefined) return methodOf(samplingOf(options))(gaussian)
  if (
    solver !== undefined ||
    covariance !== 'tweedie' ||
    options.iterations !== samplingSchema.parse({}).iterations
  )
    throw new TweedieError(
      'input',
      "--iterations, --solver and --covariance are of MMPS without --method; a method's settings " +
        'go with its name, such as --method mmps:iterations=3',
    )
  const { method, settings } = methodSpec(text)
  return methodNamed(method).make(settings)
}

/**
 * The prior of observations larger than it knows, and how many samples of them are drawn at once.
 *
 * @throws TweedieError `input` for covariances of the prior's own shape, and sizes that tiles do not cover
 */
const tiledFor = (
  prior: LearnedPrior,
  { operator: { event } }: Observations,
  { overlap, batch, covariance }: Options,
): { readonly prior: Prior; readonly batch: number } => {
  if (covariance !== 'tweedie')
    throw new TweedieError('input', `--covariance ${covariance}: with --tile only tweedie goes`)
  const each = Math.max(1, Math.floor(batch / tilesOf(prior.event, event, { overlap })))
  return { prior: tiledPrior(prior, event, { overlap, batch }), batch: each }
}

/** Steps, device, batch, seed and progress, of draws of a prior and of a posterior alike. */
const drawingOf = (options: Options, io: Io, sharing?: Drawers) => ({
  steps: options.steps,
  step: options.step === undefined ? undefined : stepFrom(options.step),
  grid: options.grid === undefined ? undefined : gridFrom(options.grid),
  start: options.start,
  device: options.device,
  batch: options.batch,
  seed: options.seed ?? 0,
  ...(sharing?.spread ? { spread: sharing.spread } : {}),
  onProgress: (done: number, total: number) =>
    io.progress({ phase: 'sampling', done, total, ...sharing?.figures() }),
  signal: io.signal,
})

/** The prior as observations need it, and their draws. */
const posteriorOf = (prior: LearnedPrior, set: Observations, options: Options, io: Io, sharing?: Drawers) => {
  const large = options.tile ? tiledFor(prior, set, options) : { prior, batch: options.batch }
  return {
    prior: large.prior,
    drawing: {
      ...drawingOf({ ...options, batch: large.batch }, io, sharing),
      method: posteriorMethodOf(options, prior),
      draws: options.draws,
      seconds: secondsOf(options.minutes),
    },
  }
}

/**
 * A prior takes observations to be in its own units: those of other data make draws wrong, which nothing else
 * would say.
 */
const noteRange = (file: string, { range }: Observations, prior: LearnedPrior, io: Io): void => {
  if (String(range) !== String(prior.range))
    io.note(`${file}: of data in [${range}]; they are taken to be in [${prior.range}], as those of the prior`)
}

/** The observations to draw for: of signals that the prior knows. */
const observationsOf = (
  file: string,
  prior: LearnedPrior,
  { count, tile }: Options,
  io: Io,
): Observations => {
  const set = firstOf(openObservations(file), count)
  const { event } = set.operator
  if (!tile && event.join() !== prior.event.join()) {
    const larger = event.length > 1 && event.every((d, i) => d >= prior.event[i])
    throw new TweedieError(
      'input',
      `${file}: observes signals of shape [${event}], the prior knows [${prior.event}]` +
        `${larger && event.length === prior.event.length ? '; --tile covers larger ones' : ''}`,
    )
  }
  noteRange(file, set, prior, io)
  return set
}

/** @throws TweedieError `input` when events are no images */
const checkImages = (option: string, event: Shape): void => {
  if (event.length !== 3 || (event[0] !== 1 && event[0] !== 3)) {
    throw new TweedieError('input', `${option}: [${event}] is not an image of one or three channels`)
  }
}

const checkReport = (source: string, observations: string | undefined): void => {
  if (!isRunFolder(source)) throw new TweedieError('input', `--report: ${source} is not a run folder`)
  if (observations === undefined)
    throw new TweedieError(
      'input',
      "--report goes with observations; without them, 'tweedie report' shows curves and prior samples",
    )
}

/** Draws of the prior, in a file. */
const samplePrior = async (
  prior: LearnedPrior,
  path: string,
  options: Options,
  { sharing, ...tolerant }: Pick<DrawOptions, 'onLost'> & { sharing: Drawers },
  io: Io,
): Promise<{ readonly shape: Shape; readonly pictures: number }> => {
  const shape = [options.draws, ...prior.event]
  const writer = arrayWriter(path, { x: { dtype: 'float32', shape } })
  const images = options.images ? firstImages() : undefined
  try {
    const drawing = { ...drawingOf(options, io, sharing), ...tolerant }
    await eachPriorDraw(prior, options.draws, drawing, (rows) => {
      writer.append('x', rows.x)
      images?.take(rows)
    })
    writer.close()
  } finally {
    writer.discard()
  }
  return { shape, pictures: images?.write(path, 'x') ?? 0 }
}

/** How posterior draws are made and kept. */
interface Keeping extends Pick<DrawOptions, 'onLost'> {
  readonly lost: readonly LostDraw[]
  readonly repair?: Repair
  readonly sharing: Drawers
}

/** Draws of the posterior, in a file. */
const samplePosterior = async (
  prior: LearnedPrior,
  set: Observations,
  path: string,
  options: Options,
  { onLost, lost, repair, sharing }: Keeping,
  io: Io,
): Promise<{ readonly shape: Shape; readonly pictures: number }> => {
  const posterior = posteriorOf(prior, set, options, io, sharing)
  const each = [countOf(set), ...set.operator.event]
  const file = drawsFile(path, { draws: options.draws, each }, repair)
  const images = options.images ? firstImages() : undefined
  const drawing = { ...posterior.drawing, ...(onLost ? { onLost } : {}) }
  try {
    const made = await eachPosteriorDraw(posterior.prior, set, drawing, (rows) => {
      file.take(rows)
      images?.take(rows)
    })
    if (made < options.draws) io.note(`${made} of ${options.draws} draws were made in the time (--minutes)`)
    file.close(made, lost)
    return { shape: [made, ...each], pictures: images?.write(path, 'draw', ['mean', 'spread']) ?? 0 }
  } finally {
    file.discard()
  }
}

export const run = async (args: readonly string[], options: Options, io: Io): Promise<void> => {
  const [source, observations] = args
  const prior = loadPrior(source)
  const path = outputOf(source, options, observations === undefined ? 'prior.npz' : 'posterior.npz')
  if (options.calibrated && observations === undefined)
    throw new TweedieError('input', '--calibrated goes with observations: the repair is of posterior draws')
  if (options.minutes !== undefined && (observations === undefined || options.calibrated))
    throw new TweedieError(
      'input',
      '--minutes goes with observations, and not with --calibrated, which repairs a fixed number of draws',
    )
  if (options.tile && observations === undefined)
    throw new TweedieError('input', '--tile goes with observations')
  if (options.overlap !== undefined && !options.tile)
    throw new TweedieError('input', '--overlap goes with --tile')
  if (options.images) checkImages('--images', prior.event)
  if (options.report) checkReport(source, observations)
  const judging = (['truth', 'held', 'baselines'] as const).find((name) => options[name] !== undefined)
  if (judging !== undefined && !options.report)
    throw new TweedieError('input', `--${judging} goes with --report`)
  await requireDevice(options.device)
  const started = performance.now()
  const given = { command: 'sample', args, options } as const
  const lost: LostDraw[] = []
  const tolerant = options.strict ? {} : { onLost: (found: readonly LostDraw[]) => lost.push(...found) }
  if (observations === undefined) {
    const drawn = await withWorkers(given, drawJobs('samples'), io.signal, (sharing) =>
      samplePrior(prior, path, options, { ...tolerant, sharing }, io),
    )
    if (lost.length > 0) io.note(lostWords(lost, 'samples'))
    report(io, { path, ...drawn, seconds: seconds(started), lost })
    return
  }
  const set = observationsOf(observations, prior, options, io)
  const repair = options.calibrated ? readRepair(source, options.draws, set) : undefined
  const drawn = await withWorkers(given, drawJobs('observations'), io.signal, (sharing) =>
    samplePosterior(prior, set, path, options, { ...tolerant, lost, repair, sharing }, io),
  )
  if (lost.length > 0) io.note(lostWords(lost, 'observations'))
  const took = seconds(started) // the page has baselines of its own
  const page = options.report ? await reportOf(source, path, observations, options, io) : undefined
  report(io, {
    path,
    ...drawn,
    seconds: took,
    report: page,
    lost,
    ...(repair ? { calibrated: repairLine(repair) } : {}),
  })
}

/** The draws of one of several processes, job by job. */
export const work = async (
  [source, observations]: readonly string[],
  options: Options,
  io: Io,
): Promise<DoJob> => {
  const prior = loadPrior(source)
  if (observations === undefined) return drawsByJob(priorBatches(prior, drawingOf(options, io)))
  const set = observationsOf(observations, prior, options, io)
  const posterior = posteriorOf(prior, set, options, io)
  return drawsByJob(posteriorBatches(posterior.prior, set, posterior.drawing))
}

/** The report of the run with these draws in it. */
const reportOf = (
  source: string,
  draws: string,
  observations: string,
  { seed, truth, held, baselines }: Options,
  io: Io,
): Promise<WrittenReport> =>
  writeRunReport(
    source,
    { draws, observations, truth, held, baselines, seed, output: layoutOf(source).report },
    io,
  )

const seconds = (since: number): number => (performance.now() - since) / 1000

interface Facts {
  readonly path: string
  readonly shape: Shape
  readonly pictures: number
  readonly seconds: number
  readonly report?: WrittenReport
  /** Draws that are not finite. */
  readonly lost: readonly LostDraw[]
  /** What the intervals were stretched by. */
  readonly calibrated?: string
}

const report = (io: Io, { report: page, lost, ...facts }: Facts): void => {
  const fields = formatFields([
    ['written', facts.path],
    ['draws', `[${facts.shape.join(', ')}]`],
    ...(facts.pictures ? [['pictures', `${facts.pictures} beside it`] as const] : []),
    ...(page === undefined ? [] : [['report', page.path] as const]),
    ...(facts.calibrated === undefined ? [] : [['intervals', facts.calibrated] as const]),
    ['time', `${facts.seconds.toFixed(1)} s`],
  ])
  const { baselines, reconciled } = page ?? {}
  io.result([...(page?.said ?? []), fields].join('\n'), {
    ...facts,
    shape: [...facts.shape],
    ...(lost.length === 0 ? {} : { lost: lost.map((one) => ({ ...one })) }),
    ...(page === undefined ? {} : { report: page.path }),
    ...(baselines ? { baselines } : {}),
    ...(reconciled === undefined ? {} : { reconciled }),
  })
}
