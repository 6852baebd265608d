/** `tweedie plan`: what a configuration takes, before it is begun. */
import { TweedieError } from '../../error.ts'
import { isRecord } from '../../json.ts'
import type { OptionsOf } from '../commands.ts'
import { configurationAt, configurationOf, experimentOf } from '../config/arguments.ts'
import { readYaml, splitConfigArguments } from '../config/config.ts'
import { distillRequestOf, distillStepsOf } from '../config/distill-request.ts'
import { distillSchema } from '../config/distill-schema.ts'
import type { Io } from '../io.ts'
import { countDistillation } from '../plan/count-distillation.ts'
import { learnCounts, trainCounts } from '../plan/count-experiment.ts'
import type { Counts, Planned } from '../plan/plan.ts'
import { plannedPrior } from '../plan/planned-prior.ts'
import { remedyOf } from '../plan/remedy.ts'
import { fewItems, fewObservations } from '../plan/subject.ts'
import { type Measured, measuredDistillation, measuredExperiment } from '../plan/timing.ts'
import { misfitsOf, roomFor } from '../plan/verdict.ts'
import { planJson, planWords } from '../plan/words.ts'

type Options = OptionsOf<'plan'>

/** What was counted, and how to time it. */
interface Counted {
  readonly counts: Counts
  readonly measure: () => Promise<Measured>
  /** The same with one row at a time. */
  readonly single: () => Promise<Counts>
}

/** The fields that a configuration has, overrides included. */
const fieldsOf = (args: readonly string[]): Set<string> => {
  const { path, overrides } = splitConfigArguments(args)
  const file = configurationAt(path)
  const record = file === undefined ? {} : readYaml(file)
  const own = isRecord(record) ? Object.keys(record) : []
  return new Set([...own, ...overrides.map((text) => text.split(/[.=]/, 1)[0])])
}

/** The command of a configuration: those with a prior distill, those that observe learn, others train. */
const commandOf = (args: readonly string[], options: Options): Planned => {
  if (options.command !== undefined) return options.command
  if (fieldsOf(args).has('prior')) return 'distill'
  const { data } = experimentOf(args, options.seed)
  return data.observations !== undefined || data.observe !== undefined ? 'learn' : 'train'
}

const ofDistillation = async (args: readonly string[], options: Options): Promise<Counted> => {
  const distillation = configurationOf(distillSchema, args, options.seed)
  const { few, count: items, assumed } = await fewObservations({ data: distillation.data, range: undefined })
  const signals = { event: few.operator.event, range: few.range }
  const named = plannedPrior(distillation.prior, options.prior, signals)
  const request = distillRequestOf(distillation, named, few)
  const whole = { ...request, options: distillStepsOf(distillation, request.flow) }
  const counts = await countDistillation(whole, { items, assumed })
  const single = { ...whole.options, microBatch: 1 }
  return {
    counts,
    measure: () => measuredDistillation(whole, counts),
    single: () => countDistillation({ ...whole, options: single }, { items }),
  }
}

const ofExperiment = async (
  args: readonly string[],
  command: 'learn' | 'train',
  options: Options,
): Promise<Counted> => {
  const experiment = experimentOf(args, options.seed)
  if (experiment.learner !== undefined && experiment.learner !== 'diem')
    throw new TweedieError('input', `plan: counts learning by DiEM, not learner: ${experiment.learner}`)
  const { train, em } = experiment
  const single = { ...experiment, train: { ...train, microBatch: 1 }, em: { ...em, batch: 1 } }
  if (command === 'train') {
    const { few, ...rest } = await fewItems(experiment)
    const items = { event: few.x.shape.slice(1), ...rest }
    const counts = await trainCounts(experiment, items)
    return {
      counts,
      measure: () => measuredExperiment(experiment, counts),
      single: () => trainCounts(single, items),
    }
  }
  const observations = await fewObservations(experiment)
  const counts = await learnCounts(experiment, observations)
  return {
    counts,
    measure: () => measuredExperiment(experiment, counts, observations.few),
    single: () => learnCounts(single, observations),
  }
}

export const run = async (args: readonly string[], options: Options, io: Io): Promise<void> => {
  const command = commandOf(args, options)
  if (options.prior !== undefined && command !== 'distill')
    throw new TweedieError('input', '--prior: is of distillations')
  const { counts, measure, single } =
    command === 'distill' ? await ofDistillation(args, options) : await ofExperiment(args, command, options)
  const measured = options.countsOnly ? undefined : await measure()
  const room = roomFor(options.run)
  const misfits = misfitsOf(counts, room)
  const one = misfits.some(({ what }) => what === 'memory') ? await single() : counts
  const remedied = misfits.map((misfit) => ({ ...misfit, remedy: remedyOf(misfit, counts, one) }))
  const told = { counts, room, misfits: remedied, measured, workers: options.workers }
  io.result(planWords(told), planJson(told))
}
