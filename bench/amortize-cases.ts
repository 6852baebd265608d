/**
 * Races of amortized sampling: the flow of peers/peer.py, its training step and its draws, on inputs of the
 * same shapes.
 */
import { boundNegLogPrior, initFlowState, reverseObjective } from '../src/amortize/index.ts'
import { type Denoiser, preconditioned } from '../src/diffusion/index.ts'
import { foldedSample, foldRealNvp, type RealNvpParams, realNvp } from '../src/flows/index.ts'
import { unet } from '../src/nn/index.ts'
import { isotropicNoise, mask } from '../src/operators/index.ts'
import { bernoulli, normal, stream } from '../src/random/index.ts'
import {
  add,
  frozen,
  full,
  jit,
  type NdArray,
  ndarray,
  reshape,
  type Shape,
  square,
  sum,
  type Tensor,
  vjp,
} from '../src/tensor/index.ts'
import { trainer } from '../src/training/index.ts'
import { flopsOf } from './flops.ts'
import type { Case } from './race.ts'

const key = stream(0, 'bench')

/** 784 entries, 8 steps of two couplings each, conditioners of width 256. */
const flow = realNvp({ size: 784, condition: 784, steps: 8, hidden: 256 })
const BATCH = 64
/** Steps of distillation that a program takes: its state leaves and enters it once in so many. */
const STEPS = 4
const DIGITS: Shape = [BATCH, 1, 28, 28]

/** The prior of the races: a small U-Net with fresh weights, which costs as much as a trained one. */
export const racePrior = (): Denoiser => {
  const net = unet({ io: 1, channels: [32, 64], blocks: [2, 2], emb: 64 })
  return preconditioned(net, frozen(net.init(0)))
}

/** Signals with 30 % of their entries deleted. */
export const raceObservations = (shape: Shape): { y: NdArray<'float32'>; seen: NdArray<'float32'> } => {
  const seen = bernoulli(key, 0.7, shape)
  const x = normal(key, shape)
  return {
    y: ndarray(
      Array.from(x.data, (v, i) => v * seen.data[i]),
      shape,
    ),
    seen,
  }
}

/** Draws, the denoiser at them, and gradients of both: all products of a training step. */
const products = (
  { weights, statistics }: RealNvpParams<Tensor>,
  y: Tensor,
  z: Tensor,
  sigma: Tensor,
): unknown => {
  const { x, logdet } = flow.sample({ weights, statistics }, y, z, { training: true })
  const xhat = racePrior()(reshape(x, DIGITS), sigma)
  return vjp(add(sum(square(xhat)), sum(logdet)), weights, frozen(full([], 1)))
}

/** Whole steps of distillation: z and times drawn, objective, gradients, clipping, Adam. */
export const flowTrain = async (threads: number): Promise<Case> => {
  const { y, seen } = raceObservations(DIGITS)
  const streamOf = (purpose: string) => stream(0, purpose)
  const measurements = {
    arrays: { y, seen },
    observe: (rows: Record<'y' | 'seen', Tensor>) => ({
      y: rows.y,
      A: mask(rows.seen),
      noise: isotropicNoise(0.1),
    }),
  }
  const { advance, release } = trainer(
    reverseObjective(flow, boundNegLogPrior(racePrior(), streamOf), measurements, {}, streamOf),
    { batch: BATCH, rate: () => 1e-5, stepsPerRun: STEPS, execute: { threads } },
    streamOf('rows'),
  )
  const params = flow.init(0)
  let state = initFlowState(params)
  let done = 0
  return {
    name: 'flow-train',
    what: 'distillation step, RealNVP 784, batch 64',
    target: 0.95,
    flops: flopsOf(products, [params, reshaped(y), reshaped(y), full([BATCH], 1)]),
    calls: 1,
    times: STEPS,
    call: async () => {
      const next = await advance(state, { step: done }, STEPS)
      state = next.state
      done += STEPS
    },
    release,
  }
}

const reshaped = ({ data, shape: [count] }: NdArray<'float32'>): NdArray =>
  ndarray(data, [count, data.length / count])

/** K draws with their log-determinants for one observation, z drawn anew each time. */
export const flowSample =
  (draws: number, calls: number) =>
  async (threads: number): Promise<Case> => {
    const folded = foldRealNvp(flow, flow.init(0))
    const y = normal(key, [1, flow.size])
    const draw = (y: Tensor, z: Tensor) => foldedSample(folded, y, z)
    const program = jit(draw, { threads })
    let call = 0
    return {
      name: `flow-sample-${draws}`,
      what: `RealNVP 784, ${draws === 1 ? 'one draw' : `${draws} draws`} of one observation`,
      target: 0.6,
      flops: flopsOf(draw, [y, full([draws, flow.size], 0)]),
      calls,
      call: () => program(y, normal(key, [draws, flow.size], { draw: call++ })),
      release: program.release,
    }
  }
