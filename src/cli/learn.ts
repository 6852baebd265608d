/** `tweedie learn`: DiEM in a run folder, or another learner from observations. */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TweedieError } from '../error.ts'
import type { ObservationSet } from '../observations/index.ts'
import { type LearnedPrior, learn, learnMasked, type MaskedLearner, openRun, type Run } from '../run/index.ts'
import { type Device, sizeOf } from '../tensor/index.ts'
import type { OptionsOf } from './commands.ts'
import { loadConfig, splitConfigArguments } from './config.ts'
import { checkExperiment, diemOptionsOf, loadObservations, networkConfigOf } from './experiment.ts'
import type { Io } from './io.ts'
import { maskedLearnerOf, maskedRequestOf } from './masked-learner.ts'
import { lapMonitor } from './monitor.ts'
import { recordOf } from './record.ts'
import { requireDevice } from './require-device.ts'
import { type Experiment, experimentSchema } from './schema.ts'
import { formatFields } from './table.ts'

/**
 * A configuration by its path; `experiments/….yaml` that is not there is the one that ships with the package.
 */
export const configurationAt = (path: string | undefined): string | undefined => {
  if (path === undefined || existsSync(path) || !path.startsWith('experiments/')) return path
  const shipped = fileURLToPath(new URL(`../../${path}`, import.meta.url))
  return existsSync(shipped) ? shipped : path
}

/** The experiment that arguments describe: file, overrides, and `--seed` over both. */
export const experimentOf = (args: readonly string[], seed: number | undefined): Experiment => {
  const { path, overrides } = splitConfigArguments(args)
  return loadConfig(
    experimentSchema,
    configurationAt(path),
    seed === undefined ? overrides : [...overrides, `seed=${seed}`],
  )
}

/** What is the same for every learner. */
type Call = Pick<Parameters<typeof learn>[1], 'checkpointSeconds' | 'onLap' | 'onProgress' | 'signal'>

/** Learns in a run folder. */
type Learning = (run: Run, call: Call) => Promise<LearnedPrior>

/** Learning by DiEM; what does not fit the data is refused before a run is made of it. */
const byDiem = (experiment: Experiment, set: ObservationSet, device: Device): Learning => {
  const { event } = set.operator
  const net = networkConfigOf(experiment, event)
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
  const { device } = options
  const learning = learner ? await byMasks(experiment, learner, set, device) : byDiem(experiment, set, device)
  await requireDevice(device)
  const config = recordOf(experiment)
  const folder = openRun(options.run, { config, resume: options.resume, grows: ['em.laps'] })
  try {
    const prior = await learning(folder, {
      checkpointSeconds: options.checkpointEvery,
      onLap: await lapMonitor(folder, experiment, io, { device }),
      onProgress: io.progress,
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
