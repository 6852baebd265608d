/** `tweedie learn SET`: the experiment that fits a set of observations and the time. */
import { namesArrays } from '../../formats/index.ts'
import { setAsideOf } from '../../observations/index.ts'
import { HELD_DRAWS, isRunFolder, readConfig } from '../../run/index.ts'
import { sizeOf } from '../../tensor/index.ts'
import { loadConfig, loadRecord, splitConfigArguments } from '../config/config.ts'
import { firstOf } from '../config/loading.ts'
import { type Plan, planned } from '../config/plan.ts'
import { recipeOf } from '../config/recipe.ts'
import { type Experiment, experimentSchema } from '../config/schema.ts'
import { counted } from '../counted.ts'
import type { Io } from '../io.ts'
import { packaged } from '../packaged.ts'
import { formatSeconds } from '../progress-bar.ts'
import type { ReadSet } from '../reading-once.ts'
import { measuredSpeeds } from './learn-speed.ts'

/** Minutes when nothing is said. */
export const DEFAULT_MINUTES = 20

/** The set that the arguments name instead of a configuration, if they do. */
export const namedSet = (args: readonly string[]): string | undefined => {
  const { path } = splitConfigArguments(args)
  return path !== undefined && namesArrays(path, { several: true }) ? path : undefined
}

/** What is asked beside the set. */
interface Request {
  readonly overrides: readonly string[]
  readonly run: string
  readonly resume: boolean | undefined
  /** Default {@link DEFAULT_MINUTES}. */
  readonly minutes?: number
  readonly seed: number | undefined
  readonly read: ReadSet
}

const fieldsOf = ({ laps, early, steps, lastSteps, draws, count, judged }: Plan, there: number): string[] => [
  `em.laps=${laps}`,
  `em.early.laps=${early}`,
  `em.draws=${draws}`,
  `train.steps=${steps}`,
  `train.lastSteps=${lastSteps}`,
  `monitor.held.observations=${judged}`,
  ...(count < there ? [`data.count=${count}`] : []),
]

const described = ({ net, em, train, data, monitor }: Experiment, there: number): string => {
  const channels: unknown = 'channels' in net ? net.channels : undefined
  const sizes = Array.isArray(channels) ? `, channels ${channels.join(', ')}` : ''
  const early = em.early.laps ?? 0
  const { held } = monitor
  const all = held.refit && setAsideOf(data.count ?? there, held.observations) > 0
  return (
    `${data.count ?? there} of ${counted(there, 'observation')}; network ${net.kind}${sizes}; ` +
    `${counted(em.laps, 'lap')}, ${early} of them fast, ${counted(em.draws, 'draw')} of each, ` +
    `of ${counted(train.steps, 'step')}, the last of ${train.lastSteps ?? train.steps}` +
    `${all ? ', then one on all observations' : ''}`
  )
}

/**
 * The experiment for a set: the recipe for what it is of, with the laps and steps that the time allows. A run
 * that is resumed keeps its own.
 *
 * @throws TweedieError `input` for overrides that do not fit
 */
export const ownExperiment = async (
  source: string,
  { overrides, run, resume, minutes: budget = DEFAULT_MINUTES, seed, read }: Request,
  io: Io,
): Promise<Experiment> => {
  const said = [...overrides, ...(seed === undefined ? [] : [`seed=${seed}`])]
  if (resume && isRunFolder(run)) return loadRecord(experimentSchema, readConfig(run), run, said)
  const says = (field: string) => said.some((text) => text.startsWith(`${field}=`))
  const set = read(source)
  const { path, fields } = recipeOf(set)
  const experimentWith = (plan: readonly string[]): Experiment =>
    loadConfig(experimentSchema, packaged(path), [...fields, ...plan, `data.observations=${source}`, ...said])
  const draft = experimentWith([])
  const used = firstOf(set, draft.data.count)
  const speeds = await measuredSpeeds(draft, used)
  const [count] = used.y.shape
  const plan = planned(speeds, {
    count,
    judged: { observations: setAsideOf(count, draft.monitor.held.observations), draws: HELD_DRAWS },
    refit: draft.monitor.held.refit,
    // Those of a recipe are as many as are of use; whoever says a number gets it.
    draws: { least: says('em.draws') ? draft.em.draws : 1, most: draft.em.draws },
    size: sizeOf(set.operator.event),
    seconds: 60 * budget,
    samplerSteps: { early: draft.em.early.steps, late: draft.em.sampling.steps },
  })
  // Early laps go with the number of laps: whoever says this number gets the rule for it.
  const planFields = fieldsOf(plan, count).filter(
    (text) => !(says('em.laps') && text.startsWith('em.early.laps=')),
  )
  const experiment = experimentWith(planFields)
  io.note(
    `${path}: ${described(experiment, set.y.shape[0])}. ` +
      `About ${formatSeconds(plan.seconds)} after the Gaussian start, ${budget} min at most; ` +
      `memory about ${(process.memoryUsage().rss / 2 ** 30).toFixed(1)} GB. ` +
      `${run}/config.yaml has all of it`,
  )
  return experiment
}
