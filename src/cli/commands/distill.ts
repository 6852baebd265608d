/** `tweedie distill`: a sampler of one or few steps from a prior and measurements, in a run folder. */

import { TweedieError } from '../../error.ts'
import { type JsonRecord, parseJson } from '../../json.ts'
import type { Observations } from '../../observations/index.ts'
import {
  type DoJob,
  distill,
  loadPrior,
  openRun,
  priorDigest,
  priorSampleBatches,
  type SavedSampler,
} from '../../run/index.ts'
import { withWorkers } from '../command-spread.ts'
import type { OptionsOf } from '../commands.ts'
import { configurationOf } from '../config/arguments.ts'
import { distillRequestOf, distillStepsOf, objectiveOf } from '../config/distill-request.ts'
import { type Distillation, distillSchema } from '../config/distill-schema.ts'
import { recordOf } from '../config/record.ts'
import { heldItemsOf, validationOf } from '../config/validation.ts'
import type { Io } from '../io.ts'
import { observationsForRun } from '../own/run-observations.ts'
import { countDistillation } from '../plan/count-distillation.ts'
import { refuseTooLarge } from '../plan/verdict.ts'
import { requireDevice } from '../require-device.ts'
import { drawJobs, drawsByJob } from '../restored/draw-jobs.ts'
import { secondsOf } from '../seconds.ts'
import { formatFields } from '../table.ts'
import { trustFields } from '../trust-words.ts'

type Options = OptionsOf<'distill'>

const summary = (path: string, { origin, trust }: SavedSampler, seconds: number): [string, JsonRecord] => {
  const sampler = `${path}/checkpoints/sampler.safetensors`
  const onnx = `${path}/sampler.onnx`
  return [
    formatFields([
      ['distilled', sampler],
      ['as ONNX', `${onnx}, described in sampler.json`],
      ['from', `${origin.measurements} measurements, ${origin.steps} steps of ${origin.batch}`],
      ...(trust ? trustFields(trust) : []),
      ['time', `${seconds.toFixed(0)} s`],
    ]),
    {
      path,
      sampler,
      onnx,
      measurements: origin.measurements,
      steps: origin.steps,
      ...(trust ? { trust: parseJson(JSON.stringify(trust), 'trust') } : {}),
      seconds,
    },
  ]
}

/** The samples of the prior that processes share. @throws TweedieError `input` where none are learned from */
const sharedSamples = (distillation: Distillation) => {
  const { samples } = objectiveOf(distillation)
  if (samples) return samples
  throw new TweedieError(
    'input',
    `--workers: draw samples of the prior, and objective.prior '${distillation.objective.prior}' takes none`,
  )
}

/** The samples of one of several processes, job by job. */
export const work = async (args: readonly string[], { seed, device }: Options): Promise<DoJob> => {
  const distillation = configurationOf(distillSchema, args, seed)
  const samples = sharedSamples(distillation)
  return drawsByJob(priorSampleBatches(loadPrior(distillation.prior), samples, distillation.seed, { device }))
}

export const run = async (args: readonly string[], options: Options, io: Io): Promise<void> => {
  const distillation = configurationOf(distillSchema, args, options.seed)
  if (options.workers !== undefined) sharedSamples(distillation)
  const prior = { prior: loadPrior(distillation.prior), digest: priorDigest(distillation.prior) }
  const held = await heldItemsOf(distillation)
  const { measurement = 0 } = distillation
  const data = held ? { ...distillation.data, count: held.learned } : distillation.data
  const observations = await observationsForRun({ data, range: undefined }, { least: measurement + 1 })
  const { look, count: items } = observations
  const { device } = options
  const requestFor = (set: Observations) => {
    const request = distillRequestOf(distillation, prior, set)
    return { ...request, options: distillStepsOf(distillation, request.flow, { device }) }
  }
  const looked = requestFor(look)
  await requireDevice(device)
  if (!options.overcommit) refuseTooLarge(await countDistillation(looked, { items }), options.run)
  const { resume, breakLock } = options
  const folder = openRun(options.run, { config: recordOf(distillation), resume, breakLock })
  try {
    const set = await observations.inRun(folder.paths, io)
    const validation = held && (await validationOf(distillation, held))
    const given = { command: 'distill', args, options } as const
    const sampler = await withWorkers(given, drawJobs('samples'), io.signal, (sharing) =>
      distill(folder, {
        ...(set === look ? looked : requestFor(set)),
        ...(validation ? { validation } : {}),
        sharing,
        checkpointSeconds: options.checkpointEvery,
        seconds: secondsOf(options.minutes),
        onProgress: io.progress,
        signal: io.signal,
      }),
    )
    io.result(...summary(options.run, sampler, folder.journal.seconds))
  } finally {
    folder.close()
  }
}
