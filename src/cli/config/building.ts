/** From a configuration to the options of the library: networks, steps, posteriors, training, DiEM. */
import {
  edm,
  type Gaussian,
  gridFrom,
  type LevelRange,
  type Parameterization,
  parameterizationFrom,
  type Schedule,
  type Step,
  stepFrom,
} from '../../diffusion/index.ts'
import type { DiemOptions } from '../../em/index.ts'
import { TweedieError } from '../../error.ts'
import { bicgstab, cg, gmres, steihaug } from '../../linalg/index.ts'
import {
  constantRate,
  exponentialRate,
  type LearningRate,
  linearRate,
  type NetworkConfig,
  networkFor,
  type SpatialNetwork,
  spatialNetworkFor,
  warmUp,
} from '../../nn/index.ts'
import type { OwnMesh } from '../../observations/index.ts'
import { isLinear, type OperatorSpec } from '../../operators/index.ts'
import {
  type ConditionalCovariance,
  conditionalCovariances,
  gaussianPosteriorCovariance,
  mmps,
  solverNameOf,
} from '../../posterior/index.ts'
import { withNamedMeshes } from '../../run/index.ts'
import { type ExecuteOptions, type Shape, sizeOf } from '../../tensor/index.ts'
import type { DenoisingTraining } from '../../training/index.ts'
import { counted } from '../counted.ts'
import type { Experiment } from './schema.ts'

/** The network for events of a shape. @param own - the mesh of observations that have one of their own */
export const networkConfigOf = (
  { net }: Pick<Experiment, 'net'>,
  event: Shape,
  own?: OwnMesh,
): NetworkConfig => networkFor(withNamedMeshes(net, own), event)

/** The network for events [C, ...space]. */
export const spatialNetworkOf = ({ net }: Pick<Experiment, 'net'>, event: Shape): SpatialNetwork =>
  spatialNetworkFor(withNamedMeshes(net), event)

/** A step as a configuration has it; corrections and their size are of `pc` without settings of its own. */
export const stepOf = ({
  step,
  corrections = 1,
  tau = 0.1,
}: {
  step: string
  corrections?: number
  tau?: number
}): Step => stepFrom(step === 'pc' ? `pc:corrections=${corrections}:tau=${tau}` : step)

/** How the network of a configuration stands for a denoiser: by EDM's preconditioning, if nothing is said. */
export const parameterizationIn = ({ train }: Pick<Experiment, 'train'>): Parameterization =>
  train.parameterization === undefined ? edm : parameterizationFrom(train.parameterization)

/**
 * The noise levels of a configuration.
 *
 * @throws TweedieError `input` where a network with levels of its own learns none of these
 */
export const scheduleOf = (experiment: Pick<Experiment, 'train' | 'schedule'>): Schedule =>
  parameterizationIn(experiment).schedule(experiment.schedule)

/** What of these the file of a prior keeps. */
export const levelsOf = (experiment: Pick<Experiment, 'train' | 'schedule'>): LevelRange => {
  const { sigmaMin, sigmaMax } = scheduleOf(experiment)
  return { sigmaMin, sigmaMax }
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

/**
 * The MMPS that a configuration describes, given the fitted Gaussian.
 *
 * @throws TweedieError `input` for a tolerance or a shared step size that the solver does not take
 */
export const methodOf = ({
  solver,
  iterations,
  tolerance,
  shared,
  covariance,
}: Sampling): NonNullable<DiemOptions['method']> => {
  const kind = solver === 'auto' ? solverNameOf(iterations) : solver
  const stops = kind === 'cg' || kind === 'bicgstab'
  const stray = shared && kind !== 'cg' ? 'shared' : tolerance > 0 && !stops ? 'tolerance' : undefined
  if (stray) throw new TweedieError('input', `field 'em.sampling.${stray}': the solver is ${kind}; use cg`)
  const solvers = {
    auto: tolerance > 0 || shared ? () => cg({ iterations, tolerance, shared }) : undefined,
    cg: () => cg({ iterations, tolerance, shared }),
    gmres: () => gmres({ iterations }),
    bicgstab: () => bicgstab({ iterations, tolerance }),
    steihaug: () => steihaug({ iterations }),
  }
  const solve = solvers[solver]
  return (gaussian) => {
    const V = covarianceOf(covariance, gaussian)
    return solve ? mmps({ solve: solve(), covariance: V }) : mmps({ iterations, covariance: V })
  }
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
  experiment: Experiment,
  steps: number,
  execute?: ExecuteOptions,
): DenoisingTraining => {
  const { train } = experiment
  return {
    batch: train.batch,
    microBatch: train.microBatch,
    stepsPerRun: train.stepsPerRun,
    rate: rateOf(train.rate, steps),
    ema: train.ema,
    schedule: scheduleOf(experiment),
    ...(train.parameterization === undefined ? {} : { parameterization: parameterizationIn(experiment) }),
    adam: { clip: train.clip, weightDecay: train.weightDecay },
    augment: train.augment,
    replacement: train.replacement,
    execute,
  }
}

/** Laps after the first that draw fast: all but the last two, where nothing else is said. */
const earlyLaps = ({ early, laps }: Experiment['em']): number => early.laps ?? Math.max(0, laps - 3)

/** The sampler of a lap: early ones draw faster. */
const lapSampling = (em: Experiment['em'], lap: number) => {
  const { early, sampling } = em
  return lap <= earlyLaps(em)
    ? { step: stepFrom(early.step), steps: early.steps, start: 'plain' as const }
    : {
        step: stepOf(sampling),
        steps: sampling.steps,
        start: sampling.start,
        ...(sampling.grid === undefined ? {} : { grid: gridFrom(sampling.grid) }),
      }
}

/** Options of DiEM. @param execute where the networks run; the Gaussian start stays on the CPU */
export const diemOptionsOf = (experiment: Experiment, execute?: ExecuteOptions): DiemOptions => {
  const { gaussian, em, train, seed } = experiment
  const schedule = scheduleOf(experiment)
  const steps = (lap: number) => {
    if (lap === 0) return train.firstSteps ?? train.steps
    return lap === em.laps - 1 ? (train.lastSteps ?? train.steps) : train.steps
  }
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
    firstEStep:
      typeof em.edges === 'number'
        ? { kind: 'edges', weight: em.edges }
        : { ...eStep, kind: gaussian.eStep === 'diffusion' ? 'diffusion' : 'exact' },
    sampling: (lap) => ({ ...execute, schedule, ...lapSampling(em, lap) }),
    method: methodOf(em.sampling),
    draws: em.draws,
    batch: em.batch,
    bound: em.bound,
    refitRank: em.refitRank,
    refitCount: em.refitCount,
    skip: experiment.skip,
    training: (lap) => trainingOf(experiment, steps(lap), execute),
    ...(train.replicas === undefined ? {} : { replicas: { count: train.replicas, ...train.rounds } }),
    steps,
    seed,
  }
}

/**
 * Checks an experiment against its data, before a run is made of it.
 *
 * @param operator - of the observations that it learns from, if it does
 * @throws TweedieError `input` for a rank above the number of entries of x, a divergence without clean data,
 * a Gaussian start that the operator does not allow, and a network that learns other levels or corrects none
 */
export const checkExperiment = (experiment: Experiment, event: Shape, operator?: OperatorSpec): void => {
  const { data, gaussian, em, monitor } = experiment
  checkNetwork(experiment)
  if (operator) checkStart(gaussian.eStep, operator)
  const n = sizeOf(event)
  const ranks = [['gaussian.rank', gaussian.rank] as const, ['em.refitRank', em.refitRank] as const]
  for (const [field, rank] of ranks) {
    if (rank !== undefined && rank > n)
      throw new TweedieError('input', `field '${field}': x has ${n} entries, got ${rank}`)
  }
  if (em.early.laps !== undefined && em.early.laps > Math.max(0, em.laps - 2))
    throw new TweedieError(
      'input',
      `field 'em.early.laps': of ${counted(em.laps, 'lap')} the first draws from the Gaussian ` +
        `and the last by em.sampling, so ${Math.max(0, em.laps - 2)} at most; got ${em.early.laps}`,
    )
  if (monitor.sinkhorn > 0 && data.clean === undefined)
    throw new TweedieError('input', "field 'monitor.sinkhorn': a divergence to the truth needs 'data.clean'")
}

/** @throws TweedieError `input` where a network is to learn what it cannot, or a grid has too few levels */
const checkNetwork = (experiment: Experiment): void => {
  const { name, corrects } = parameterizationIn(experiment)
  const { steps, grid } = experiment.em.sampling
  if (experiment.skip === 'gaussian' && !corrects)
    throw new TweedieError('input', `field 'skip': ${name} predicts the noise, it corrects no Gaussian`)
  const schedule = inField('schedule', () => scheduleOf(experiment))
  if (grid !== undefined) inField('em.sampling.grid', () => gridFrom(grid)(schedule, steps))
}

/** What a field makes. @throws TweedieError `input` that names it */
const inField = <T>(field: string, make: () => T): T => {
  try {
    return make()
  } catch (cause) {
    if (!(cause instanceof TweedieError)) throw cause
    throw new TweedieError(cause.code, `field '${field}': ${cause.message}`, { cause })
  }
}

const checkStart = (eStep: Experiment['gaussian']['eStep'], operator: OperatorSpec): void => {
  if (isLinear(operator) || eStep === 'diffusion') return
  const why = `needs a linear operator, '${operator.name}' is not linear; use diffusion`
  throw new TweedieError('input', `field 'gaussian.eStep': '${eStep}' ${why}`)
}
