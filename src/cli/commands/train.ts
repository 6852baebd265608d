/** `tweedie train`: a prior from clean data. */
import { isDeepStrictEqual } from 'node:util'
import { type ParameterizationSpec, parameterizationOf } from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import { applyAffine, toPrior } from '../../operators/index.ts'
import { headerOf, type LearnedPrior, loadPrior, openRun, train } from '../../run/index.ts'
import { mappedRows } from '../../training/index.ts'
import type { OptionsOf } from '../commands.ts'
import { experimentOf } from '../config/arguments.ts'
import {
  checkExperiment,
  levelsOf,
  networkConfigOf,
  parameterizationIn,
  trainingOf,
} from '../config/building.ts'
import { cleanRows } from '../config/clean-rows.ts'
import { openCleanItems } from '../config/loading.ts'
import { recordOf } from '../config/record.ts'
import { counted } from '../counted.ts'
import type { Io } from '../io.ts'
import { refuseLearner } from '../learning/masked-learner.ts'
import { lapMonitor } from '../learning/monitor.ts'
import { heldItems } from '../own/simulated.ts'
import { trainCounts } from '../plan/count-experiment.ts'
import { refuseTooLarge } from '../plan/verdict.ts'
import { requireDevice } from '../require-device.ts'
import { secondsOf } from '../seconds.ts'
import { formatFields } from '../table.ts'

/** The parts of a prior that a training which begins with its weights must share. */
type Alike = Pick<LearnedPrior, 'net' | 'event' | 'range'> & { readonly reading: ParameterizationSpec }

const specOf = ({ name, settings }: ParameterizationSpec) => ({ name, settings })

/** As JSON, of which an imported network has a great deal. */
const shown = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length <= 400 ? text : `${text.slice(0, 400)}…`
}

/** The weights to begin with. */
const weightsOf = (path: string | undefined, wanted: Alike): LearnedPrior['params'] | undefined => {
  if (path === undefined) return undefined
  const { net, event, range, params, parameterization, imported } = loadPrior(path)
  const reading = imported ?? specOf(parameterizationOf(parameterization))
  for (const [name, own, other] of [
    ['network', headerOf(wanted.net), headerOf(net)],
    ['shape', wanted.event, event],
    ['units', wanted.range, range],
    ['parameterization', specOf(wanted.reading), reading],
  ] as const) {
    const [a, b] = [own, other].map((value) => JSON.parse(JSON.stringify(value)))
    if (!isDeepStrictEqual(a, b))
      throw new TweedieError('input', `start: '${path}' has another ${name}: ${shown(b)}, here ${shown(a)}`)
  }
  return params
}

export const run = async (args: readonly string[], options: OptionsOf<'train'>, io: Io): Promise<void> => {
  const experiment = experimentOf(args, options.seed)
  const { data, train: training, seed } = experiment
  refuseLearner(experiment)
  if (data.clean === undefined)
    throw new TweedieError(
      'input',
      "data: 'train' needs 'clean' (the name of a data set, a file, or a folder)",
    )
  const { split, count } = data
  const clean = heldItems(await openCleanItems(data.clean, { split, count, range: experiment.range }))
  const units = toPrior(clean.range)
  const x = mappedRows(cleanRows(clean), (rows) => applyAffine(units, rows))
  const { event } = x
  const net = networkConfigOf(experiment, event)
  checkExperiment(experiment, event)
  const reading = parameterizationIn(experiment)
  const weights = weightsOf(experiment.start, { net, event, range: clean.range, reading })
  const { device } = options
  await requireDevice(device)
  if (!options.overcommit)
    refuseTooLarge(await trainCounts(experiment, { event, count: x.count, held: clean.held }), options.run)
  const { resume, breakLock } = options
  const folder = openRun(options.run, { config: recordOf(experiment), resume, breakLock })
  try {
    const monitor = await lapMonitor(folder, experiment, io, { device })
    const prior = await train(folder, {
      net,
      x,
      range: clean.range,
      valid: clean.valid,
      options: trainingOf(experiment, training.steps, { device }),
      steps: training.steps,
      ...levelsOf(experiment),
      seed,
      weights,
      checkpointSeconds: options.checkpointEvery,
      seconds: secondsOf(options.minutes),
      onProgress: io.progress,
      signal: io.signal,
    })
    await monitor(0, prior)
    const path = `${options.run}/checkpoints/prior.safetensors`
    io.result(
      formatFields([
        ['trained', path],
        ['on', `${counted(x.count, 'clean item')}, ${counted(training.steps, 'step')} of ${training.batch}`],
        ['time', `${folder.journal.seconds.toFixed(0)} s`],
      ]),
      {
        path: options.run,
        prior: path,
        items: x.count,
        steps: training.steps,
        seconds: folder.journal.seconds,
      },
    )
  } finally {
    folder.close()
    clean.close?.()
  }
}
