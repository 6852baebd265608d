/** What the steps of learning take on this machine with this network and these observations. */
import { exponentialSchedule, preconditioned, standardGaussian } from '../../diffusion/index.ts'
import { network } from '../../nn/index.ts'
import { batchedObservations, type Observations } from '../../observations/index.ts'
import { compileMethod, samplerDraw } from '../../posterior/index.ts'
import { normal, stream } from '../../random/index.ts'
import { frozen, sizeOf } from '../../tensor/index.ts'
import { denoisingObjective, initTrainState, trainer } from '../../training/index.ts'
import { methodOf, networkConfigOf, stepOf, trainingOf } from '../config/building.ts'
import type { Speeds } from '../config/plan.ts'
import type { Experiment } from '../config/schema.ts'

/** Times the second of two calls, in seconds: the first compiles. */
const secondsOf = async (work: (k: number) => Promise<unknown>): Promise<number> => {
  await work(0)
  const started = performance.now()
  await work(1)
  return (performance.now() - started) / 1000
}

/** Optimiser steps that are timed together. */
const TRAIN_STEPS = 3

/** Sampler steps that are timed together. */
const SAMPLER_STEPS = 4

const streamOf = (purpose: string) => stream(0, `speed ${purpose}`)

const trainSeconds = async (
  experiment: Experiment,
  { operator: { event }, mesh }: Observations,
): Promise<number> => {
  const net = network(networkConfigOf(experiment, event, mesh))
  const training = trainingOf(experiment, TRAIN_STEPS)
  const x = normal(streamOf('x'), [training.batch, ...event])
  const { step, release } = trainer(
    denoisingObjective(net, x, training, streamOf),
    training,
    streamOf('rows'),
  )
  const state = initTrainState(net.init(0))
  try {
    const seconds = await secondsOf(async () => {
      for (let i = 0; i < TRAIN_STEPS; i++) await step(state, { step: i })
    })
    return seconds / TRAIN_STEPS
  } finally {
    await release()
  }
}

const drawSeconds = async (experiment: Experiment, set: Observations): Promise<number> => {
  const { em, schedule } = experiment
  const batched = batchedObservations(set)
  const gaussian = standardGaussian(sizeOf(batched.event))
  const net = network(networkConfigOf(experiment, batched.event, set.mesh))
  const compiled = compileMethod(
    methodOf(em.sampling)(gaussian),
    preconditioned(net, frozen(net.init(0))),
    batched.observation,
    { steps: SAMPLER_STEPS, step: stepOf(em.sampling), schedule: exponentialSchedule(schedule) },
  )
  const draw = samplerDraw(compiled, batched, gaussian.mean)
  const size = Math.min(em.batch, batched.count)
  try {
    const seconds = await secondsOf((k) => draw(0, size, { stream: streamOf, lap: k }))
    return seconds / (size * SAMPLER_STEPS)
  } finally {
    await draw.release()
  }
}

/** Measures both kinds of steps; some seconds. */
export const measuredSpeeds = async (experiment: Experiment, set: Observations): Promise<Speeds> => ({
  train: await trainSeconds(experiment, set),
  draw: await drawSeconds(experiment, set),
})
