/** From a configuration to the things that it describes. */
import { BUNNY, type CleanData, dataSetNames, readClean, type Split } from '../datasets/index.ts'
import {
  ddim,
  ddpm,
  exponentialSchedule,
  type Gaussian,
  heun,
  predictorCorrector,
  type Step,
} from '../diffusion/index.ts'
import type { DiemOptions } from '../em/index.ts'
import { TweedieError } from '../error.ts'
import type { SpatialNetwork } from '../flows/index.ts'
import { bicgstab, cg, gmres } from '../linalg/index.ts'
import {
  constantRate,
  exponentialRate,
  type LearningRate,
  linearRate,
  type NetworkConfig,
  warmUp,
} from '../nn/index.ts'
import {
  type ObservationSet,
  type ObservedOperator,
  observationRows,
  observe,
  readObservations,
} from '../observations/index.ts'
import { type DataRange, isLinear } from '../operators/index.ts'
import {
  type ConditionalCovariance,
  conditionalCovariances,
  gaussianPosteriorCovariance,
  mmps,
} from '../posterior/index.ts'
import { type ExecuteOptions, rows, type Shape, sizeOf } from '../tensor/index.ts'
import type { DenoisingTraining } from '../training/index.ts'
import { operatorSettingOf } from './operator-schema.ts'
import type { Experiment } from './schema.ts'

/** Clean data by name, file or folder (see `readClean`): `count` items after the first `skip`, in their own units. */
export const loadClean = async (
  source: string,
  {
    split = 'train',
    count,
    skip = 0,
    range,
  }: { split?: Split; count?: number; skip?: number; range?: DataRange } = {},
): Promise<CleanData> => {
  const wanted = count === undefined ? undefined : skip + count
  const clean = await readClean(source, { split, most: wanted })
  const there = clean.x.shape[0]
  const stop = wanted ?? there
  if (stop > there || skip >= there) {
    throw new TweedieError('input', `${source}: has ${there} items, ${skip} to ${stop} were asked for`)
  }
  const ownUnits = dataSetNames.includes(source)
  return { ...clean, x: rows(clean.x, skip, stop), range: ownUnits ? clean.range : (range ?? clean.range) }
}

/** The observations that a configuration names, or makes; in their own units. */
export const loadObservations = async ({
  data,
  range,
}: Pick<Experiment, 'data' | 'range'>): Promise<ObservationSet> => {
  if (data.observations !== undefined) {
    if (data.clean !== undefined || data.observe !== undefined) {
      throw new TweedieError('input', "data: give either 'observations', or 'clean' with 'observe', not both")
    }
    const set = readObservations(data.observations)
    return firstOf(range ? { ...set, range } : set, data.count)
  }
  if (data.clean === undefined || data.observe === undefined) {
    throw new TweedieError('input', "data: give 'observations', or 'clean' and how to 'observe' it")
  }
  const clean = await loadClean(data.clean, { split: data.split, count: data.count, range })
  const { operator, noise, photons, seed } = data.observe
  return observe(clean.x, {
    operator: operatorSettingOf(operator),
    noise,
    photons,
    seed,
    range: clean.range,
    view: clean.view,
    valid: clean.valid,
  })
}

/** The first `count` observations. */
export const firstOf = (set: ObservationSet, count: number | undefined): ObservationSet => {
  if (count === undefined) return set
  if (count > set.y.shape[0])
    throw new TweedieError('input', `the set has ${set.y.shape[0]} observations, ${count} were asked for`)
  return observationRows(set, 0, count)
}

/** The network for events of a shape. */
export const networkConfigOf = ({ net }: Pick<Experiment, 'net'>, event: Shape): NetworkConfig =>
  net.kind === 'mlp' ? { ...net, features: sizeOf(event) } : spatialNetworkOf({ net }, event)

/** A network over points in space. */
type SpatialNet = Exclude<Experiment['net'], { readonly kind: 'mlp' }>

/** The network for events [C, ...space]. */
export const spatialNetworkOf = ({ net }: { readonly net: SpatialNet }, event: Shape): SpatialNetwork => {
  const fail = (message: string): never => {
    throw new TweedieError('input', `net: ${message}`)
  }
  switch (net.kind) {
    case 'unet': {
      if (event.length !== 3) fail(`a unet needs images [C, H, W], the data are [${event}]; use kind: mlp`)
      const fold = net.unshuffle * 2 ** (net.channels.length - 1)
      if (event[1] % fold || event[2] % fold) {
        fail(
          `images of ${event[1]}×${event[2]} must be divisible by ${fold} for these levels; use fewer levels, or pad`,
        )
      }
      return { ...net, io: event[0] }
    }
    case 'ncsnpp': {
      const fold = 2 ** (net.multipliers.length - 1)
      if (event.length !== 3 || event[1] % fold || event[2] % fold)
        fail(`an ncsnpp of these levels needs images [C, H, W] divisible by ${fold}, the data are [${event}]`)
      return { ...net, io: event[0], size: event[1] }
    }
    case 'unet1d': {
      if (event.length !== 2) fail(`a unet1d needs signals [C, V], the data are [${event}]`)
      const fold = net.unshuffle * 2 ** (net.channels.length - 1)
      if (event[1] % fold)
        fail(`signals of ${event[1]} must be divisible by ${fold} for these levels; use fewer levels, or pad`)
      return { ...net, io: event[0] }
    }
    case 'graph':
      if (event.length !== 2 || event[1] < BUNNY.points)
        fail(`a graph of the bunny needs signals [C, V] with V ≥ ${BUNNY.points}, the data are [${event}]`)
      return { ...net, io: event[0] }
    case 'sphere': {
      const [rows, columns] = net.grid
      if (event.length !== 2 || event[1] < rows * columns)
        fail(
          `a sphere of ${rows}×${columns} needs fields [C, V] with V ≥ ${rows * columns}, the data are [${event}]`,
        )
      return { ...net, io: event[0] }
    }
  }
}

/** A step by name. */
export const stepOf = ({
  method,
  corrections = 1,
  tau = 0.1,
}: {
  method: 'ddpm' | 'ddim' | 'pc' | 'heun'
  corrections?: number
  tau?: number
}): Step => {
  const steps = { ddpm, ddim, heun, pc: () => predictorCorrector({ corrections, tau }) }
  return steps[method]()
}

type Sampling = Experiment['em']['sampling']

const covarianceOf = (
  name: Sampling['covariance'],
  gaussian: Gaussian | undefined,
): ConditionalCovariance => {
  if (name === 'cov_x') {
    if (!gaussian)
      throw new TweedieError('input', 'covariance cov_x needs the fitted Gaussian, which is not known yet')
    return gaussianPosteriorCovariance(gaussian.covariance)
  }
  return conditionalCovariances[name]
}

/** The guidance that a configuration describes. */
export const posteriorOf = ({
  solver,
  iterations,
  tolerance,
  shared,
  covariance,
}: Sampling): NonNullable<DiemOptions['posterior']> => {
  const solvers = {
    cg: () => cg({ iterations, tolerance, shared }),
    gmres: () => gmres({ iterations }),
    bicgstab: () => bicgstab({ iterations, tolerance }),
  }
  return (prior, observation, gaussian) =>
    mmps({ solve: solvers[solver](), covariance: covarianceOf(covariance, gaussian) })(prior, observation)
}

/** The learning rate of a configuration, for so many steps. */
export const rateOf = (
  { kind, from, to, warmUp: rise }: Experiment['train']['rate'],
  steps: number,
): LearningRate => {
  const shapes = {
    constant: constantRate(from),
    linear: linearRate(from, to, steps),
    exponential: exponentialRate(from, to, steps),
  }
  return rise > 0 ? warmUp(shapes[kind], rise) : shapes[kind]
}

/** Training of one lap with its number of steps. */
export const trainingOf = (
  { train, schedule }: Experiment,
  steps: number,
  execute?: ExecuteOptions,
): DenoisingTraining => ({
  batch: train.batch,
  rate: rateOf(train.rate, steps),
  ema: train.ema,
  schedule: exponentialSchedule(schedule),
  adam: { clip: train.clip, weightDecay: train.weightDecay },
  augment: train.augment,
  replacement: train.replacement,
  execute,
})

/** Options of DiEM. @param execute where the networks run; the Gaussian start stays on the CPU */
export const diemOptionsOf = (experiment: Experiment, execute?: ExecuteOptions): DiemOptions => {
  const { gaussian, em, train, seed } = experiment
  const schedule = exponentialSchedule(experiment.schedule)
  const steps = (lap: number) => (lap === 0 ? (train.firstSteps ?? train.steps) : train.steps)
  const eStep = {
    iterations: gaussian.cg ?? (gaussian.eStep === 'diffusion' ? 32 : 1000),
    tolerance: gaussian.tolerance,
    steps: gaussian.steps,
    schedule,
  }
  return {
    laps: em.laps,
    gaussian: {
      rank: gaussian.rank,
      iterations: gaussian.iterations,
      count: gaussian.count,
      eStep: gaussian.eStep === 'moments' ? { kind: 'moments' } : { ...eStep, kind: gaussian.eStep },
    },
    firstEStep: { ...eStep, kind: gaussian.eStep === 'diffusion' ? 'diffusion' : 'exact' },
    sampling: { ...execute, schedule, steps: em.sampling.steps, step: stepOf(em.sampling) },
    posterior: posteriorOf(em.sampling),
    draws: em.draws,
    batch: em.batch,
    bound: em.bound,
    refitRank: em.refitRank,
    refitCount: em.refitCount,
    training: (lap) => trainingOf(experiment, steps(lap), execute),
    steps,
    seed,
  }
}

/**
 * What can only be checked when the data are known, before a run is made of it.
 *
 * @param operator - of the observations that it learns from, if it does
 * @throws TweedieError `input` for a rank above the number of entries of x, a divergence without clean data, and a Gaussian start that
 * the operator does not allow
 */
export const checkExperiment = (
  { data, gaussian, em, monitor }: Experiment,
  event: Shape,
  operator?: ObservedOperator,
): void => {
  if (operator) checkStart(gaussian.eStep, operator)
  const n = sizeOf(event)
  const ranks = [['gaussian.rank', gaussian.rank] as const, ['em.refitRank', em.refitRank] as const]
  for (const [field, rank] of ranks) {
    if (rank !== undefined && rank > n)
      throw new TweedieError('input', `field '${field}': x has ${n} entries, got ${rank}`)
  }
  if (monitor.sinkhorn > 0 && data.clean === undefined)
    throw new TweedieError('input', "field 'monitor.sinkhorn': a divergence to the truth needs 'data.clean'")
}

const checkStart = (eStep: Experiment['gaussian']['eStep'], operator: ObservedOperator): void => {
  if (isLinear(operator) || eStep === 'diffusion') return
  throw new TweedieError(
    'input',
    `field 'gaussian.eStep': '${eStep}' needs a linear operator, '${operator.name}' is none; use diffusion`,
  )
}
