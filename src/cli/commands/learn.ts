/** `tweedie learn`: DiEM in a run folder, or another learner from observations. */

import { type GaussianChoice, gaussianFinding } from '../../em/index.ts'
import { TweedieError } from '../../error.ts'
import { neverSeen, neverSeenWords, type Observations } from '../../observations/index.ts'
import {
  type LearnedPrior,
  layoutOf,
  learn,
  learnMasked,
  type MaskedLearner,
  openRun,
  type Run,
  readJournal,
  WaitingForShards,
} from '../../run/index.ts'
import { type Device, sizeOf } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { experimentOf } from '../config/arguments.ts'
import { checkExperiment } from '../config/building.ts'
import { recordOf } from '../config/record.ts'
import type { Experiment } from '../config/schema.ts'
import { counted } from '../counted.ts'
import type { Io } from '../io.ts'
import { diemRequestOf, heldOf } from '../learning/diem-request.ts'
import { checkExecutor, executorOf } from '../learning/executors.ts'
import { edgeWords, heldWords, keptWords, passedWords, refitWords } from '../learning/learn-words.ts'
import { maskedLearnerOf, maskedRequestOf } from '../learning/masked-learner.ts'
import { lapMonitor } from '../learning/monitor.ts'
import { DEFAULT_MINUTES, namedSet, ownExperiment } from '../learning/own-experiment.ts'
import { observationsForRun } from '../own/run-observations.ts'
import { learnCounts } from '../plan/count-experiment.ts'
import { fewOfObservations } from '../plan/subject.ts'
import { refuseTooLarge } from '../plan/verdict.ts'
import { readingOnce } from '../reading-once.ts'
import { requireDevice } from '../require-device.ts'
import { secondsOf } from '../seconds.ts'
import { formatFields } from '../table.ts'

/** Options that every learner shares. */
type Call = Pick<
  Parameters<typeof learn>[1],
  'checkpointSeconds' | 'executor' | 'onLap' | 'onProgress' | 'seconds' | 'signal'
>

/** Learns in a run folder. */
type Learning = (run: Run, call: Call) => Promise<LearnedPrior>

/** Learning by DiEM; what does not fit the data is refused before a run is made of it. */
const byDiem = (experiment: Experiment, set: Observations, device: Device, io: Io): Learning => {
  const request = diemRequestOf(experiment, set, { device })
  const onChoice = (choice: GaussianChoice): void => io.note(`Gaussian start: ${gaussianFinding(choice)}`)
  const { gaussian } = request.options
  const options = { ...request.options, gaussian: { ...gaussian, onChoice } }
  const words = heldWords()
  return (run, call) =>
    learn(run, {
      ...request,
      options,
      onEdges: (choice) => io.note(edgeWords(choice)),
      onHeld: (reading) => io.note(words(reading)),
      onChosen: (choice) => {
        if (choice.passed) io.note(passedWords(choice, choice.passed))
      },
      onRefit: (refit) => io.note(refitWords(refit)),
      ...call,
    })
}

/** Learning without laps, from masked observations; the monitor looks at the end. */
const byMasks = (
  experiment: Experiment,
  learner: MaskedLearner,
  observations: Observations,
  device: Device,
): Learning => {
  const request = maskedRequestOf(experiment, learner, observations, { device })
  checkExperiment(experiment, request.rows.event)
  return async (run, { onLap, executor: _, ...call }) => {
    const prior = await learnMasked(run, { ...request, ...call })
    await onLap?.(0, prior)
    return prior
  }
}

export const run = async (args: readonly string[], options: OptionsOf<'learn'>, io: Io): Promise<void> => {
  const started = performance.now()
  const source = namedSet(args)
  const read = readingOnce()
  const minutes = options.minutes ?? (source === undefined ? undefined : DEFAULT_MINUTES)
  const experiment =
    source === undefined
      ? experimentOf(args, options.seed)
      : await ownExperiment(source, { ...options, minutes, overrides: args.slice(1), read }, io)
  if (experiment.start !== undefined)
    throw new TweedieError(
      'input',
      "field 'start': 'learn' begins with its Gaussian; use 'train', or --resume",
    )
  const learner = maskedLearnerOf(experiment)
  if ((await checkExecutor(options)) && learner)
    throw new TweedieError('input', `learner '${learner.kind}' has no laps that others could draw for`)
  const observations = await observationsForRun(experiment, { read })
  const { look, count } = observations
  const { device } = options
  const learningFrom = (set: Observations): Learning =>
    learner ? byMasks(experiment, learner, set, device) : byDiem(experiment, set, device, io)
  const looked = learningFrom(look)
  await requireDevice(device)
  if (!(learner || options.overcommit)) {
    refuseTooLarge(await learnCounts(experiment, { ...fewOfObservations(look), count }), options.run)
  }
  const budget = secondsOf(minutes)
  const config = recordOf(experiment)
  const { resume, breakLock } = options
  const executor = executorOf(layoutOf(options.run), options)
  const folder = openRun(options.run, { config, resume, breakLock, grows: ['em.laps'] })
  try {
    const set = await observations.inRun(folder.paths, io)
    const unseen = neverSeen(set)
    if (unseen) io.note(neverSeenWords(unseen))
    const held = heldOf(experiment, set)
    const learning = set === look ? looked : learningFrom(set)
    const prior = await learning(folder, {
      checkpointSeconds: options.checkpointEvery,
      onLap: await lapMonitor(folder, experiment, io, { device }),
      ...(executor ? { executor } : {}),
      onProgress: (event) => io.progress(learner ? event : { ...event, laps: experiment.em.laps }),
      ...(budget === undefined ? {} : { seconds: budget - (performance.now() - started) / 1000 }),
      signal: io.signal,
    })
    const work = learner ? { steps: experiment.train.steps } : { laps: lapsDone(options.run) }
    const stopped = stopOf(options.run, minutes)
    const kept = [
      ...(learner
        ? []
        : [['prior', keptWords(prior, experiment.em.laps, judgement(options.run, held))] as const]),
      ...(stopped === undefined ? [] : [['stopped', stopped] as const]),
    ]
    io.result(...summary(options.run, prior, { work, kept }, folder.journal.seconds, count))
  } catch (error) {
    if (!(error instanceof WaitingForShards)) throw error
    io.result(...waitingSummary(options.run, error))
  } finally {
    await executor?.stop()
    folder.close()
  }
}

/** What has to be drawn before learning goes on. */
const waitingSummary = (
  path: string,
  { lap, missing }: WaitingForShards,
): [string, { [key: string]: string | number }] => [
  formatFields([
    ['waiting', `for ${counted(missing, 'shard')} of ${lap}: tweedie shard ${path}`],
    ['then', 'learn on with --resume'],
  ]),
  { path, lap, waiting: missing },
]

/** What was set aside, and what the journal says came of it. */
const judgement = (run: string, held: ReturnType<typeof heldOf>) =>
  held && { refit: held.refit, journal: readJournal(layoutOf(run).journal) }

/** Laps that were finished. */
const lapsDone = (run: string): number =>
  readJournal(layoutOf(run).journal).filter(({ event, lap }) => event === 'lap' && Number(lap) > 0).length

/** That the time was up before the end, if it was. */
const stopOf = (run: string, minutes: number | undefined): string | undefined => {
  // Going on takes the journal back to the resume point, which is before this line.
  const isStopped = readJournal(layoutOf(run).journal).some(({ event }) => event === 'time')
  return isStopped ? `after ${minutes} min; --resume --minutes … goes on` : undefined
}

interface Outcome {
  readonly work: { readonly laps: number } | { readonly steps: number }
  readonly kept: readonly (readonly [string, string])[]
}

const workOf = (work: Outcome['work']): string =>
  'laps' in work ? counted(work.laps, 'lap') : counted(work.steps, 'step')

const summary = (
  path: string,
  { event, laps: lap, sigmaMin, sigmaMax }: LearnedPrior,
  { work, kept }: Outcome,
  seconds: number,
  observations: number,
): [string, { [key: string]: string | number | boolean }] => [
  formatFields([
    ['learned', `${path}/checkpoints/prior.safetensors`],
    ['from', `${counted(observations, 'observation')}, ${workOf(work)}`],
    ...kept,
    ['signal', `[${event.join(', ')}], ${sizeOf(event)} numbers`],
    ...('steps' in work ? [['noise levels', `${sigmaMin} to ${sigmaMax}`] as const] : []),
    ['time', `${seconds.toFixed(0)} s`],
  ]),
  {
    path,
    prior: `${path}/checkpoints/prior.safetensors`,
    observations,
    ...work,
    ...('laps' in work ? { lap } : {}),
    stopped: kept.some(([name]) => name === 'stopped'),
    seconds,
  },
]
