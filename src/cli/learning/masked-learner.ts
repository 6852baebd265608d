/**
 * `tweedie learn` with a learner that knows masks only: AmbientDiffusion; or GSURE-Diffusion, which takes
 * masks of the Fourier plane too.
 */
import { isDeepStrictEqual } from 'node:util'
import { TweedieError } from '../../error.ts'
import { maskedRows, type Observations, spectralRows } from '../../observations/index.ts'
import { familyOf } from '../../operators/index.ts'
import { type MaskedLearner, type MaskedLearnRequest, maskedNetworkEvent } from '../../run/index.ts'
import type { ExecuteOptions } from '../../tensor/index.ts'
import { networkConfigOf, parameterizationIn, trainingOf } from '../config/building.ts'
import { type Experiment, experimentSchema } from '../config/schema.ts'

const fail = (field: string, reason: string): never => {
  throw new TweedieError('input', `field '${field}': ${reason}`)
}

/** The first field in which a section of the configuration is not as it is by default. */
const changedField = (section: object, defaults: object): string | undefined => {
  const standard = new Map(Object.entries(defaults))
  return Object.entries(section).find(([name, value]) => !isDeepStrictEqual(value, standard.get(name)))?.[0]
}

/**
 * The learner of a configuration; undefined for DiEM.
 *
 * @throws TweedieError `input` naming an option that the learner does not take
 */
export const maskedLearnerOf = (experiment: Experiment): MaskedLearner | undefined => {
  const { learner = 'diem', ambient, em, gaussian, train } = experiment
  if (ambient && learner !== 'ambient') fail('ambient', `learner '${learner}' does not take it`)
  if (learner === 'diem') return undefined
  const { shape } = experimentSchema
  const sections = [
    ['em', em, shape.em.parse(undefined)],
    ['gaussian', gaussian, shape.gaussian.parse(undefined)],
    ['train.augment', train.augment, shape.train.parse(undefined).augment],
  ] as const
  for (const [name, section, defaults] of sections) {
    const changed = changedField(section, defaults)
    if (changed !== undefined) fail(`${name}.${changed}`, `learner '${learner}' does not take it`)
  }
  if (train.replicas !== undefined) fail('train.replicas', `learner '${learner}' trains one`)
  const { name } = parameterizationIn(experiment)
  if (name !== 'edm')
    fail(
      'train.parameterization',
      `learner '${learner}' has noise levels and a loss of its own, and takes edm`,
    )
  for (const field of ['firstSteps', 'lastSteps'] as const)
    if (train[field] !== undefined) fail(`train.${field}`, `learner '${learner}' has no laps`)
  return learner === 'ambient' ? { kind: learner, ...ambient } : { kind: learner }
}

/** @throws TweedieError `input` when a configuration for clean data names a learner from observations */
export const refuseLearner = ({ learner, ambient, train }: Experiment): void => {
  if (train.replicas !== undefined)
    fail('train.replicas', "'train' trains one; replicas are of the laps of 'learn'")
  if (learner !== undefined || ambient !== undefined)
    fail(learner === undefined ? 'ambient' : 'learner', "'train' learns from clean data; use 'learn'")
}

const rowsOf = ({ kind }: MaskedLearner, observations: Observations): MaskedLearnRequest['rows'] => {
  const masks = kind === 'ambient' || familyOf(observations.operator.name).deletes
  try {
    return masks ? maskedRows(observations) : spectralRows(observations)
  } catch (cause) {
    if (!(cause instanceof TweedieError)) throw cause
    throw new TweedieError(cause.code, `learner '${kind}': ${cause.message}`, { cause })
  }
}

/**
 * Use of a learned network on observations, in the units of the data.
 *
 * @throws TweedieError `input` for operators other than masks (of GSURE in a known basis), noise that differs
 * between entries, and networks that do not fit the data
 */
export const maskedRequestOf = (
  experiment: Experiment,
  learner: MaskedLearner,
  set: Observations,
  execute: ExecuteOptions,
): Omit<MaskedLearnRequest, 'onProgress' | 'signal'> => {
  const rows = rowsOf(learner, set)
  const { train, schedule, seed } = experiment
  const { schedule: _schedule, augment: _augment, ...options } = trainingOf(experiment, train.steps, execute)
  return {
    learner,
    rows,
    net: networkConfigOf(experiment, maskedNetworkEvent(learner.kind, rows.event), set.mesh),
    range: set.range,
    valid: set.valid,
    options,
    steps: train.steps,
    ...schedule,
    seed,
  }
}
