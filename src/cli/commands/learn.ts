/** `tweedie learn`: DiEM in a run folder. */

import { TweedieError } from '../../error.ts'
import { type LearnedPrior, learn, openRun } from '../../run/index.ts'
import { sizeOf } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { experimentOf } from '../config/arguments.ts'
import { checkExperiment, diemOptionsOf, networkConfigOf } from '../config/building.ts'
import { inPriorUnits, loadObservations } from '../config/loading.ts'
import { recordOf } from '../config/record.ts'
import type { Io } from '../io.ts'
import { requireDevice } from '../require-device.ts'
import { formatFields } from '../table.ts'
import { lapMonitor } from './monitor.ts'

export const run = async (args: readonly string[], options: OptionsOf<'learn'>, io: Io): Promise<void> => {
  const experiment = experimentOf(args, options.seed)
  if (experiment.start !== undefined)
    throw new TweedieError(
      'input',
      "field 'start': 'learn' begins with its Gaussian; use 'train', or --resume",
    )
  const observations = await loadObservations(experiment)
  const { set, event } = inPriorUnits(observations)
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
      range: observations.range,
      event,
      ...experiment.schedule,
      options: diemOptionsOf(experiment, { device }),
      checkpointSeconds: options.checkpointEvery,
      onLap: await lapMonitor(folder, experiment, io, { device }),
      onProgress: io.progress,
      signal: io.signal,
    })
    io.result(...summary(options.run, prior, folder.journal.seconds, observations.y.shape[0]))
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
