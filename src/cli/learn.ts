/** `tweedie learn`: DiEM in a run folder. */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TweedieError } from '../error.ts'
import { type LearnedPrior, learn, openRun } from '../run/index.ts'
import { sizeOf } from '../tensor/index.ts'
import type { OptionsOf } from './commands.ts'
import { loadConfig, splitConfigArguments } from './config.ts'
import { checkExperiment, diemOptionsOf, loadObservations, networkConfigOf } from './experiment.ts'
import type { Io } from './io.ts'
import { lapMonitor } from './monitor.ts'
import { recordOf } from './record.ts'
import { requireDevice } from './require-device.ts'
import { type Experiment, experimentSchema } from './schema.ts'
import { formatFields } from './table.ts'

/** A configuration by its path; `experiments/….yaml` that is not there is the one that ships with the package. */
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

export const run = async (args: readonly string[], options: OptionsOf<'learn'>, io: Io): Promise<void> => {
  const experiment = experimentOf(args, options.seed)
  if (experiment.start !== undefined)
    throw new TweedieError(
      'input',
      "field 'start': 'learn' begins with its Gaussian; use 'train', or --resume",
    )
  const set = await loadObservations(experiment)
  const { event } = set.operator
  const net = networkConfigOf(experiment, event)
  checkExperiment(experiment, event, set.operator)
  const { device } = options
  await requireDevice(device)
  const config = recordOf(experiment)
  const folder = openRun(options.run, { config, resume: options.resume, grows: ['em.laps'] })
  try {
    const prior = await learn(folder, {
      net,
      set,
      ...experiment.schedule,
      options: diemOptionsOf(experiment, { device }),
      checkpointSeconds: options.checkpointEvery,
      onLap: await lapMonitor(folder, experiment, io, { device }),
      onProgress: io.progress,
      signal: io.signal,
    })
    io.result(...summary(options.run, prior, folder.journal.seconds, set.y.shape[0]))
  } finally {
    folder.close()
  }
}

const summary = (
  path: string,
  { laps, event }: LearnedPrior,
  seconds: number,
  observations: number,
): [string, { [key: string]: string | number }] => [
  formatFields([
    ['learned', `${path}/checkpoints/prior.safetensors`],
    ['from', `${observations} observations, ${laps} laps`],
    ['signal', `[${event.join(', ')}], ${sizeOf(event)} numbers`],
    ['time', `${seconds.toFixed(0)} s`],
  ]),
  { path, prior: `${path}/checkpoints/prior.safetensors`, observations, laps, seconds },
]
