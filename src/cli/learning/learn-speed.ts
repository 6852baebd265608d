/** What the steps of learning take on this machine with this network and these observations. */
import { standardGaussian } from '../../diffusion/index.ts'
import { network } from '../../nn/index.ts'
import { batchedObservations, type Observations, type OwnMesh } from '../../observations/index.ts'
import { compileMethod, samplerDraw } from '../../posterior/index.ts'
import { normal, stream } from '../../random/index.ts'
import { frozen, type Shape, sizeOf } from '../../tensor/index.ts'
import { denoisingObjective, initTrainState, trainer } from '../../training/index.ts'
import {
  methodOf,
  networkConfigOf,
  parameterizationIn,
  scheduleOf,
  stepOf,
  trainingOf,
} from '../config/building.ts'
import type { Speeds } from '../config/plan.ts'
import type { Experiment } from '../config/schema.ts'

/** Times the second of two calls, in seconds: the first compiles. */
export const secondsOfSecond = async (work: (k: number) => Promise<unknown>): Promise<number> => {
  await work(0)
  const started = performance.now()
  await work(1)
  return (performance.now() - started) / 1000
}

/** Steps that are timed together. */
interface TimedSteps {
  /** Of the optimiser. */
  readonly train: number
  /** Of the sampler. */
  readonly sampler: number
}

const TIMED: TimedSteps = { train: 3, sampler: 4 }

const streamOf = (purpose: string) => stream(0, `speed ${purpose}`)

/** Seconds of an optimiser step of `experiment.train.batch` rows. */
export const trainSeconds = async (
  experiment: Experiment,
  { event, mesh }: { readonly event: Shape; readonly mesh?: OwnMesh },
  steps = TIMED.train,
): Promise<number> => {
  const net = network(networkConfigOf(experiment, event, mesh))
  const training = trainingOf(experiment, steps)
  const x = normal(streamOf('x'), [training.batch, ...event])
  const { step, release } = trainer(
    denoisingObjective(net, x, training, streamOf),
    training,
    streamOf('rows'),
  )
  const state = initTrainState(net.init(0))
  try {
    const seconds = await secondsOfSecond(async () => {
      for (let i = 0; i < steps; i++) await step(state, { step: i })
    })
    return seconds / steps
  } finally {
    await release()
  }
}

/** Seconds of a sampler step of one observation, of `experiment.em.batch` at once. */
export const drawSeconds = async (
  experiment: Experiment,
  set: Observations,
  steps = TIMED.sampler,
): Promise<number> => {
  const { em } = experiment
  const batched = batchedObservations(set)
  const gaussian = standardGaussian(sizeOf(batched.event))
  const net = network(networkConfigOf(experiment, batched.event, set.mesh))
  const compiled = compileMethod(
    methodOf(em.sampling)(gaussian),
    parameterizationIn(experiment).denoiser(net, frozen(net.init(0))),
    batched.observation,
    { steps, step: stepOf(em.sampling), schedule: scheduleOf(experiment) },
  )
  const draw = samplerDraw(compiled, batched, gaussian.mean)
  const size = Math.min(em.batch, batched.count)
  try {
    const seconds = await secondsOfSecond((k) => draw(0, size, { stream: streamOf, lap: k }))
    return seconds / (size * steps)
  } finally {
    await draw.release()
  }
}

/** Measures both kinds of steps; some seconds. */
export const measuredSpeeds = async (experiment: Experiment, set: Observations): Promise<Speeds> => ({
  train: await trainSeconds(experiment, { event: set.operator.event, mesh: set.mesh }),
  draw: await drawSeconds(experiment, set),
})
