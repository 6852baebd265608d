/**
 * Networks that learn to predict the noise of Gaussian data, whose score is known: at times drawn as in
 * training, E ‖s(u, t) − ∇log p(u)‖² against E ‖∇log p(u)‖², each times the variance of the noise in u, which
 * is the same as of E[z | u].
 */
import {
  type Denoiser,
  ddim,
  type Gaussian,
  gaussianDenoiser,
  type Parameterization,
  parameterizationFrom,
  respacedGrid,
  type Schedule,
  sampler,
} from '../../src/diffusion/index.ts'
import { lowRank } from '../../src/linalg/index.ts'
import { linearRate, type NetworkConfig, network } from '../../src/nn/index.ts'
import { normal, type Stream, stream, uniform } from '../../src/random/index.ts'
import {
  add,
  alignTo,
  div,
  frozen,
  jit,
  mean,
  mul,
  NdArray,
  ndarray,
  sqrt,
  square,
  sub,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { denoisingObjective, initTrainState, trainer } from '../../src/training/index.ts'
import { atMost, type Gate, within } from './gate.ts'

/** N(m, 0.02 I + w wᵀ) on the plane, within [−2, 2]: a thin, tilted ellipse that does not lie at 0. */
const [MEAN, DIAGONAL, W] = [[0.4, -0.3], 0.02, [0.6, 0.4]] as const

const gaussian: Gaussian = {
  mean: ndarray(MEAN),
  covariance: lowRank(DIAGONAL, ndarray(W, [2, 1])),
}

const data = (count: number): NdArray<'float32'> => {
  const [along, white] = [normal(stream(0, 'along'), [count]), normal(stream(0, 'white'), [count, 2])]
  const x = white.data.map((z, i) => MEAN[i % 2] + Math.sqrt(DIAGONAL) * z + W[i % 2] * along.data[i >> 1])
  return new NdArray('float32', [count, 2], x)
}

const net: NetworkConfig = { kind: 'mlp', features: 2, hidden: [64, 64], emb: 32 }
const streamOf = (purpose: string): Stream => stream(1, purpose)

const STEPS = 2000

/** Weights after training. */
const trained = async (parameterization: Parameterization, schedule: Schedule) => {
  const steps = STEPS
  const options = { batch: 256, rate: linearRate(3e-3, 1e-5, steps), ema: 0.99, schedule, parameterization }
  const objective = denoisingObjective(network(net), data(16384), options, streamOf)
  const { step, release } = trainer(objective, options, streamOf('rows'))
  let state = initTrainState(network(net).init(0))
  for (let i = 0; i < steps; i++) ({ state } = await step(state, { step: i }))
  await release()
  return state.average
}

/** How far the score of a denoiser is from the true one, relative to it. */
const scoreError = async (
  denoiser: Denoiser,
  { levelOf }: Parameterization,
  schedule: Schedule,
): Promise<number> => {
  const noiseOf = (D: Denoiser, xt: Tensor, sigma: Tensor) => div(sub(xt, D(xt, sigma)), alignTo(sigma, xt))
  const program = jit((x: Tensor, z: Tensor, t: Tensor) => {
    const sigma = levelOf(t, schedule)
    const xt = add(x, mul(alignTo(sigma, x), z))
    const truth = noiseOf(gaussianDenoiser(gaussian), xt, sigma)
    return sqrt(div(mean(square(sub(noiseOf(denoiser, xt, sigma), truth))), mean(square(truth))))
  })
  const count = 8192
  const t = uniform(streamOf('test times'), [count])
  const [error] = toNumbers(await program(data(count), normal(streamOf('test noise'), [count, 2]), t))
  await program.release()
  return error
}

/** The covariance of the two coordinates of draws by 100 of 1,000 levels, w₁ w₂ by the law. */
const drawnCovariance = async (denoiser: Denoiser, schedule: Schedule): Promise<number> => {
  const count = 4096
  const draw = sampler(() => denoiser, { schedule, grid: respacedGrid, steps: 99, step: ddim() })
  const x = toNumbers(await draw({}, { shape: [count, 2], seed: 0, mean: gaussian.mean }))
  await draw.release()
  const products = Array.from({ length: count }, (_, i) => (x[2 * i] - MEAN[0]) * (x[2 * i + 1] - MEAN[1]))
  return products.reduce((a, b) => a + b) / count
}

/**
 * Training by the noise, with a continuous time and with 1,000 steps. Draws keep x̂ in the range of the data,
 * as published: an error of the noise is σ times as large in x̂, and draws add these up from σ = 150 down.
 */
export const vpTrainingGates = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const text of ['vp', 'vp:betas=linear:data=signed']) {
    const parameterization = parameterizationFrom(text)
    const schedule = parameterization.schedule()
    const weights = await trained(parameterization, schedule)
    const denoiserOf = ({ denoiser }: Parameterization) => denoiser(network(net), frozen(weights))
    const error = await scoreError(denoiserOf(parameterization), parameterization, schedule)
    const drawn = await drawnCovariance(denoiserOf(parameterizationFrom(`${text}:clip=2`)), schedule)
    gates.push(
      atMost(`${text}: learned score beside the true one`, error, 0.05),
      within(`${text}:clip=2: covariance of draws`, drawn, W[0] * W[1], 0.1),
    )
  }
  return gates
}
