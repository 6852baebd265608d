/** `tweedie learn`: DiEM in a run folder, or another learner from observations. */

import { TweedieError } from '../../error.ts'
import { neverSeen, neverSeenWords, type ObservationSet } from '../../observations/index.ts'
import {
  type LearnedPrior,
  learn,
  learnMasked,
  type MaskedLearner,
  openRun,
  type Run,
} from '../../run/index.ts'
import { type Device, sizeOf } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { experimentOf } from '../config/arguments.ts'
import { checkExperiment, diemOptionsOf, networkConfigOf } from '../config/building.ts'
import { loadObservations } from '../config/loading.ts'
import { recordOf } from '../config/record.ts'
import type { Experiment } from '../config/schema.ts'
import type { Io } from '../io.ts'
import { requireDevice } from '../require-device.ts'
import { formatFields } from '../table.ts'
import { maskedLearnerOf, maskedRequestOf } from './masked-learner.ts'
import { lapMonitor } from './monitor.ts'

/** Options that every learner shares. */
type Call = Pick<Parameters<typeof learn>[1], 'checkpointSeconds' | 'onLap' | 'onProgress' | 'signal'>

/** Learns in a run folder. */
type Learning = (run: Run, call: Call) => Promise<LearnedPrior>

/** Learning by DiEM; what does not fit the data is refused before a run is made of it. */
const byDiem = (experiment: Experiment, set: ObservationSet, device: Device): Learning => {
  const { event } = set.operator
  const net = networkConfigOf(experiment, event, set.mesh)
  checkExperiment(experiment, event, set.operator)
  const options = diemOptionsOf(experiment, { device })
  return (run, call) => learn(run, { net, set, ...experiment.schedule, options, ...call })
}

/** Learning without laps, from masked observations; the monitor looks at the end. */
const byMasks = async (
  experiment: Experiment,
  learner: MaskedLearner,
  observations: ObservationSet,
  device: Device,
): Promise<Learning> => {
  const request = await maskedRequestOf(experiment, learner, observations, { device })
  checkExperiment(experiment, request.rows.y.shape.slice(1))
  return async (run, { onLap, ...call }) => {
    const prior = await learnMasked(run, { ...request, ...call })
    await onLap?.(0, prior)
    return prior
  }
}

export const run = async (args: readonly string[], options: OptionsOf<'learn'>, io: Io): Promise<void> => {
  const experiment = experimentOf(args, options.seed)
  if (experiment.start !== undefined)
    throw new TweedieError(
      'input',
      "field 'start': 'learn' begins with its Gaussian; use 'train', or --resume",
    )
  const learner = maskedLearnerOf(experiment)
  const set = await loadObservations(experiment)
  const unseen = neverSeen(set)
  if (unseen) io.note(neverSeenWords(unseen))
  const { device } = options
  const learning = learner ? await byMasks(experiment, learner, set, device) : byDiem(experiment, set, device)
  await requireDevice(device)
  const config = recordOf(experiment)
  const folder = openRun(options.run, { config, resume: options.resume, grows: ['em.laps'] })
  try {
    const prior = await learning(folder, {
      checkpointSeconds: options.checkpointEvery,
      onLap: await lapMonitor(folder, experiment, io, { device }),
      onProgress: (event) => io.progress(learner ? event : { ...event, laps: experiment.em.laps }),
      signal: io.signal,
    })
    const work = learner ? { steps: experiment.train.steps } : { laps: prior.laps }
    io.result(...summary(options.run, prior, work, folder.journal.seconds, set.y.shape[0]))
  } finally {
    folder.close()
  }
}

const summary = (
  path: string,
  { event, sigmaMin, sigmaMax }: LearnedPrior,
  work: { readonly laps: number } | { readonly steps: number },
  seconds: number,
  observations: number,
): [string, { [key: string]: string | number }] => [
  formatFields([
    ['learned', `${path}/checkpoints/prior.safetensors`],
    ['from', `${observations} observations, ${'laps' in work ? `${work.laps} laps` : `${work.steps} steps`}`],
    ['signal', `[${event.join(', ')}], ${sizeOf(event)} numbers`],
    ...('steps' in work ? [['noise levels', `${sigmaMin} to ${sigmaMax}`] as const] : []),
    ['time', `${seconds.toFixed(0)} s`],
  ]),
  { path, prior: `${path}/checkpoints/prior.safetensors`, observations, ...work, seconds },
]
