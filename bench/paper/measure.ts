/** One configuration: begun, killed, resumed; what it took. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { configurationOf } from '../../src/cli/config/arguments.ts'
import { stepOf } from '../../src/cli/config/building.ts'
import { distillRequestOf, distillStepsOf } from '../../src/cli/config/distill-request.ts'
import { distillSchema } from '../../src/cli/config/distill-schema.ts'
import { type Experiment, experimentSchema } from '../../src/cli/config/schema.ts'
import { countDistillation } from '../../src/cli/plan/count-distillation.ts'
import { learnCounts, trainCounts } from '../../src/cli/plan/count-experiment.ts'
import { type Counts, timesOf } from '../../src/cli/plan/plan.ts'
import { plannedPrior } from '../../src/cli/plan/planned-prior.ts'
import { fewItems, fewObservations } from '../../src/cli/plan/subject.ts'
import { startEvaluations } from '../../src/diffusion/index.ts'
import { type Ended, type Event, tweedie } from './child.ts'
import { ITEMS, madeData } from './data.ts'
import { entries, type PaperEntry } from './list.ts'

/** What is found of one configuration. */
export interface PaperRow {
  readonly name: string
  readonly parameters: number
  /** Largest resident set of the runs, bytes. */
  readonly peak: number
  /** Of a whole step of the configured batch, by proportion. */
  readonly stepSeconds: number
  /** Of one draw by the sampler of the last lap, by proportion. */
  readonly drawSeconds?: number
  /** Of the largest resume point. */
  readonly checkpoint: number
  /** All laps and steps on the configured number of items. */
  readonly days: number
  /** How long the measurement took. */
  readonly seconds: number
}

/** Steps of the sampler, in the shard that is drawn. */
const SAMPLER_STEPS = 2

/** Counts of items, laps, steps and micro-batches: nothing else of a configuration is replaced. */
const fewer = ({ command, microBatch, shard }: PaperEntry, { sinkhorn }: { sinkhorn: boolean }): string[] => {
  const steps = [`train.batch=${2 * microBatch}`, `train.microBatch=${microBatch}`]
  if (command === 'distill') return [`data.count=${ITEMS}`, ...steps, 'train.steps=3']
  const monitor = ['monitor.samples=2', 'monitor.steps=2', ...(sinkhorn ? ['monitor.sinkhorn=2'] : [])]
  if (command === 'train') return [`data.count=${ITEMS}`, ...steps, 'train.steps=3', ...monitor]
  const items = 2 * shard // two shards: the first one compiles
  return [
    `data.count=${items}`,
    'gaussian.iterations=1',
    `gaussian.count=${items}`,
    'gaussian.steps=2',
    'em.laps=2',
    'em.early.laps=0',
    `em.batch=${shard}`,
    `em.refitCount=${items}`,
    `em.sampling.steps=${SAMPLER_STEPS}`,
    ...steps,
    'train.steps=2',
    ...monitor,
  ]
}

/** Resume points of a run. */
const resumePoints = (run: string): string[] => {
  const folder = join(run, 'checkpoints')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^\d{6}-.*\.safetensors$/.test(name))
    .map((name) => join(folder, name))
}

const largest = (paths: readonly string[]): number => Math.max(0, ...paths.map((path) => statSync(path).size))

const ofPhase = (events: readonly Event[], phase: RegExp, lap?: number): Event[] =>
  events.filter((event) => phase.test(event.phase) && (lap === undefined || event.lap === lap))

/** Seconds for one more of a phase, once it is compiled: between its first event and its last. */
const paceOf = (events: readonly Event[], name: string): number => {
  const [first] = events
  const last = events.at(-1)
  if (!(first && last && last.done > first.done))
    throw new Error(`${name}: no two events to take the time between`)
  return (last.at - first.at) / (last.done - first.done)
}

const TRAINING = /training|distilling/

const failed = (name: string, { code, words }: Ended): Error =>
  new Error(`${name}: ended with ${code}: ${words}`)

/** Begun, killed after a resume point, resumed to the end. */
const killedAndResumed = async (entry: PaperEntry, args: readonly string[], run: string) => {
  const seldom = ['--checkpoint-every', '3600']
  const isLearn = entry.command === 'learn'
  // Laps save between their parts: the second one is killed while it trains. Others save after each step.
  const begun = await tweedie(
    [...args, '-o', run, ...(isLearn ? seldom : ['--checkpoint-every', '0'])],
    (events) =>
      isLearn
        ? ofPhase(events, TRAINING, 2).length > 0
        : resumePoints(run).some((path) => /-step-[1-9]/.test(path)),
  )
  const checkpoint = largest(resumePoints(run))
  if (begun.code !== null || checkpoint === 0) throw failed(entry.name, begun)
  const resumed = await tweedie([...args, '-o', run, '--resume', ...seldom])
  if (resumed.code !== 0) throw failed(entry.name, resumed)
  const training = isLearn ? ofPhase(begun.events, TRAINING, 1) : ofPhase(resumed.events, TRAINING)
  return {
    peak: Math.max(begun.peak, resumed.peak),
    checkpoint: Math.max(checkpoint, largest(resumePoints(run))),
    step: paceOf(training, entry.name),
    ...(isLearn ? { shard: paceOf(ofPhase(begun.events, /sampling/, 2), entry.name) } : {}),
  }
}

/** Evaluations of the posterior denoiser in the shard. */
const shardEvaluations = ({ em }: Experiment): number =>
  SAMPLER_STEPS * stepOf(em.sampling).evaluations + startEvaluations(em.sampling.start) + 1

/** The whole work as it is configured, counted. */
const wholeOf = async (
  entry: PaperEntry,
  prior: string,
): Promise<{ counts: Counts; experiment?: Experiment }> => {
  if (entry.command === 'distill') {
    const distillation = configurationOf(distillSchema, [entry.config, `prior=${prior}`], undefined)
    const { few, count: items } = await fewObservations({ data: distillation.data, range: undefined })
    const named = plannedPrior(prior, undefined, { event: few.operator.event, range: few.range })
    const request = distillRequestOf(distillation, named, few)
    const options = distillStepsOf(distillation, request.flow)
    return { counts: await countDistillation({ ...request, options }, { items }) }
  }
  const experiment = configurationOf(experimentSchema, [entry.config], undefined)
  if (entry.command === 'learn') {
    return { counts: await learnCounts(experiment, await fewObservations(experiment)), experiment }
  }
  const { few, ...rest } = await fewItems(experiment)
  return { counts: await trainCounts(experiment, { event: few.x.shape.slice(1), ...rest }), experiment }
}

/** The clean data that a configuration names, and whether it has a divergence to them. */
const namedIn = ({ command, config }: PaperEntry): { clean: string; sinkhorn: boolean } => {
  if (command === 'distill')
    return { clean: configurationOf(distillSchema, [config], undefined).data.clean ?? '', sinkhorn: false }
  const { data, monitor } = configurationOf(experimentSchema, [config], undefined)
  return { clean: data.clean ?? '', sinkhorn: monitor.sinkhorn > 0 }
}

const runOf = (name: string, scratch: string): string => join(scratch, 'runs', name)

/** The prior of a distillation: a run of its entry, made here where it was not measured before. */
const priorFor = async (name: string, scratch: string): Promise<string> => {
  const run = runOf(name, scratch)
  const entry = entries.find((other) => other.name === name)
  if (!entry) throw new Error(`no entry '${name}'`)
  if (existsSync(join(run, 'checkpoints', 'prior.safetensors'))) return run
  rmSync(run, { recursive: true, force: true })
  const ended = await tweedie([...(await argumentsOf(entry, '', scratch)), '-o', run])
  if (ended.code !== 0) throw failed(name, ended)
  return run
}

const argumentsOf = async (entry: PaperEntry, prior: string, scratch: string): Promise<string[]> => {
  const named = namedIn(entry)
  const clean = await madeData(named.clean, scratch)
  const own = entry.prior === undefined ? [] : [`prior=${prior}`]
  return [entry.command, entry.config, `data.clean=${clean}`, ...own, ...fewer(entry, named)]
}

/** Measures one configuration; its run folder goes, but for what is the prior of others. */
export const measured = async (entry: PaperEntry, scratch: string): Promise<PaperRow> => {
  const prior = entry.prior === undefined ? '' : await priorFor(entry.prior, scratch)
  const started = performance.now()
  const run = runOf(entry.name, scratch)
  const args = await argumentsOf(entry, prior, scratch)
  const found = await killedAndResumed(entry, args, run)
  const { counts, experiment } = await wholeOf(entry, prior)
  const stepSeconds = (found.step * counts.step.batch) / (2 * entry.microBatch)
  const evaluation =
    found.shard === undefined || !experiment
      ? undefined
      : found.shard / (entry.shard * shardEvaluations(experiment))
  const times = timesOf(counts, { step: stepSeconds, evaluation })
  if (entry.command === 'train') for (const path of resumePoints(run)) rmSync(path)
  else rmSync(run, { recursive: true, force: true })
  return {
    name: entry.name,
    parameters: counts.step.cost.parameters,
    peak: found.peak,
    stepSeconds,
    drawSeconds: times.draw,
    checkpoint: found.checkpoint,
    days: times.run / 86_400,
    seconds: (performance.now() - started) / 1000,
  }
}
