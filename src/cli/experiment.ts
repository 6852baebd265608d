/** From a configuration to the things that it describes. */
import { existsSync, statSync } from 'node:fs'
import {
  type DataRange,
  loadMnist,
  type ObservationSet,
  observationsInPriorUnits,
  PRIOR_RANGE,
  readArrays,
  readImages,
  readObservations,
  simulateObservations,
  smoothManifold,
} from '../data/index.ts'
import {
  ddim,
  ddpm,
  exponentialSchedule,
  type Gaussian,
  heun,
  predictorCorrector,
  type Step,
} from '../diffusion/index.ts'
import { batchedObservations, type DiemOptions, type TrainOptions } from '../em/index.ts'
import { TweedieError } from '../error.ts'
import {
  constantRate,
  exponentialRate,
  type LearningRate,
  linearRate,
  type NetworkConfig,
  warmUp,
} from '../nn/index.ts'
import {
  bicgstab,
  type Covariance,
  cg,
  gaussianPosteriorCovariance,
  gmres,
  mmps,
  onesCovariance,
  timeCovariance,
  tweedieCovariance,
  zeroCovariance,
} from '../posterior/index.ts'
import {
  type ExecuteOptions,
  NdArray,
  ndarray,
  rows,
  type Shape,
  sizeOf,
  toNumbers,
} from '../tensor/index.ts'
import type { Experiment } from './schema.ts'

/** Clean data and their units. */
export interface CleanData {
  readonly x: NdArray<'float32'>
  readonly range: DataRange
}

/** Size and seed of the manifold experiment (DiEM 5.1). */
const MANIFOLD = { m: 1, n: 5, seed: 0 } as const

const ofFile = (path: string): NdArray<'float32'> => {
  const arrays = Object.entries(readArrays(path))
  const [name, array] = arrays.find(([key]) => ['x', 'images', 'data'].includes(key)) ?? arrays[0] ?? []
  if (!array) throw new TweedieError('input', `${path}: holds no array`)
  if (array.dtype !== 'float32' && array.dtype !== 'float64') {
    throw new TweedieError(
      'input',
      `${path}: field '${name}' must have dtype float32 or float64, got ${array.dtype}`,
    )
  }
  const bad = array.data.findIndex((v) => !Number.isFinite(Number(v)))
  if (bad >= 0) throw new TweedieError('input', `${path}: field '${name}' is not finite at flat index ${bad}`)
  return array.data instanceof Float32Array
    ? new NdArray('float32', array.shape, array.data)
    : ndarray(toNumbers(array), array.shape)
}

/** Clean data by name (mnist, manifold), file or folder; [N, H, W] becomes [N, 1, H, W]. */
export const loadClean = async (
  source: string,
  {
    split = 'train',
    count,
    skip = 0,
    range = [0, 1],
  }: { split?: 'train' | 'test' | 'all'; count?: number; skip?: number; range?: DataRange } = {},
): Promise<CleanData> => {
  const cut = (x: NdArray<'float32'>): NdArray<'float32'> => {
    const stop = count === undefined ? x.shape[0] : skip + count
    if (stop > x.shape[0] || skip >= x.shape[0]) {
      throw new TweedieError('input', `${source}: has ${x.shape[0]} items, ${skip} to ${stop} were asked for`)
    }
    return rows(x, skip, stop)
  }
  if (source === 'mnist') return { x: cut(loadMnist({ split }).images), range: [0, 1] }
  if (source === 'manifold') {
    const train = 65536
    const all = smoothManifold({ ...MANIFOLD, count: 2 * train })
    return {
      x: cut(split === 'train' ? rows(all, 0, train) : rows(all, train, 2 * train)),
      range: PRIOR_RANGE,
    }
  }
  if (!existsSync(source))
    throw new TweedieError('input', `${source}: no such file or folder, nor a data set (mnist, manifold)`)
  const x = statSync(source).isDirectory() ? readImages(source).images : ofFile(source)
  const [n, ...event] = x.shape
  return { x: cut(event.length === 2 ? new NdArray('float32', [n, 1, ...event], x.data) : x), range }
}

/** The observations that a configuration names, or makes; in their own units. */
export const loadObservations = async ({ data, range }: Experiment): Promise<ObservationSet> => {
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
  return simulateObservations(clean.x, { ...data.observe, range: clean.range })
}

/** The first `count` observations. */
export const firstOf = (set: ObservationSet, count: number | undefined): ObservationSet => {
  if (count === undefined) return set
  if (count > set.y.shape[0])
    throw new TweedieError('input', `the set has ${set.y.shape[0]} observations, ${count} were asked for`)
  const { operator, y } = set
  const cut = (a: NdArray<'float32'>) => rows(a, 0, count)
  if (operator.kind === 'mask')
    return { ...set, y: cut(y), operator: { kind: 'mask', mask: cut(operator.mask) } }
  if (operator.kind === 'projection')
    return { ...set, y: cut(y), operator: { kind: 'projection', matrix: cut(operator.matrix) } }
  return { ...set, y: cut(y) }
}

/** The network for events of a shape. */
export const networkConfigOf = ({ net }: Pick<Experiment, 'net'>, event: Shape): NetworkConfig => {
  if (net.kind === 'mlp') return { ...net, features: sizeOf(event) }
  if (event.length !== 3)
    throw new TweedieError(
      'input',
      `net: a unet needs images [C, H, W], the data are [${event}]; use kind: mlp`,
    )
  const fold = net.unshuffle * 2 ** (net.channels.length - 1)
  if (event[1] % fold || event[2] % fold) {
    throw new TweedieError(
      'input',
      `net: images of ${event[1]}×${event[2]} must be divisible by ${fold} for these levels; use fewer levels, or pad`,
    )
  }
  return { ...net, io: event[0] }
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

const covarianceOf = (name: Sampling['covariance'], gaussian: Gaussian | undefined): Covariance => {
  if (name === 'cov_x') {
    if (!gaussian)
      throw new TweedieError('input', 'covariance cov_x needs the fitted Gaussian, which is not known yet')
    return gaussianPosteriorCovariance(gaussian.covariance)
  }
  const choices = {
    tweedie: tweedieCovariance,
    zeros: zeroCovariance,
    ones: onesCovariance,
    cov_t: timeCovariance,
  }
  return choices[name]
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
    mmps(prior, observation, { solve: solvers[solver](), covariance: covarianceOf(covariance, gaussian) })
}

const rateOf = (
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
): TrainOptions => ({
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
  const eStep = { iterations: gaussian.cg, tolerance: gaussian.tolerance, steps: gaussian.steps, schedule }
  return {
    laps: em.laps,
    gaussian: {
      rank: gaussian.rank,
      iterations: gaussian.iterations,
      count: gaussian.count,
      eStep: gaussian.eStep === 'moments' ? { kind: 'moments' } : { ...eStep, kind: gaussian.eStep },
    },
    firstEStep: { ...eStep, kind: gaussian.eStep === 'diffusion' ? 'diffusion' : 'exact' },
    sampling: { ...execute, schedule, steps: em.sampling.steps, method: stepOf(em.sampling) },
    posterior: posteriorOf(em.sampling),
    draws: em.draws,
    batch: em.batch,
    bound: em.bound,
    refitRank: em.refitRank,
    training: (lap) => trainingOf(experiment, steps(lap), execute),
    steps,
    seed,
  }
}

/**
 * What can only be checked when the data are known, before a run is made of it.
 *
 * @throws TweedieError `input` for a rank above the number of entries of x, and a divergence without clean data
 */
export const checkExperiment = ({ data, gaussian, em, monitor }: Experiment, event: Shape): void => {
  const n = sizeOf(event)
  const ranks = [['gaussian.rank', gaussian.rank] as const, ['em.refitRank', em.refitRank] as const]
  for (const [field, rank] of ranks) {
    if (rank !== undefined && rank > n)
      throw new TweedieError('input', `field '${field}': x has ${n} entries, got ${rank}`)
  }
  if (monitor.sinkhorn > 0 && data.clean === undefined)
    throw new TweedieError('input', "field 'monitor.sinkhorn': a divergence to the truth needs 'data.clean'")
}

/** A set in the units of the prior, with the shape of its latents. */
export const inPriorUnits = (set: ObservationSet): { set: ObservationSet; event: Shape } => {
  const scaled = observationsInPriorUnits(set)
  return { set: scaled, event: batchedObservations(scaled).event }
}
