/** One small training on every objective: what steps do whatever the objective is asked of all of them. */
import {
  basisOf,
  boundNegLogPrior,
  conditionalObjective,
  conditionLayout,
  conditionShape,
  denoiserConfig,
  exactNegLogPrior,
  forwardObjective,
  freshDenoiser,
  initFlowState,
  measurementsOf,
  reverseObjective,
} from '../../src/amortize/index.ts'
import { exponentialSchedule, gaussianDenoiser, standardGaussian } from '../../src/diffusion/index.ts'
import { gaussianFlow, maskedCondition, realNvp } from '../../src/flows/index.ts'
import { mlp, type Network, network, networkFor, unet } from '../../src/nn/index.ts'
import { observe } from '../../src/observations/index.ts'
import { isotropicNoise, mask } from '../../src/operators/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { mapArrays, mul, ndarray, reshape, sizeOf, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import {
  ambientObjective,
  denoisingObjective,
  gsureObjective,
  initTrainState,
  type Objective,
  type Trainer,
  type TrainOptions,
  type TrainState,
  trainer,
} from '../../src/training/index.ts'

/** A training: its first state, and its trainer. */
export interface ObjectiveCase {
  readonly name: string
  /** Convolutions are float32 only. */
  readonly single?: boolean
  readonly start: () => Promise<{
    readonly state: TrainState
    make(options: TrainOptions, precision: Precision): Trainer
  }>
}

type Precision = 'float32' | 'float64'

const doubled = <T>(tree: T): T =>
  mapArrays((a) => (a.dtype === 'float32' ? ndarray(toNumbers(a), a.shape, 'float64') : a), tree)

/** A state in that precision. */
export const stateIn = (state: TrainState, precision: Precision): TrainState =>
  precision === 'float64' ? doubled(state) : state

const streamOf = (purpose: string) => stream(7, purpose)

const made = <B>(state: TrainState, objective: Objective<B>) => ({
  state,
  make: (options: TrainOptions, precision: Precision): Trainer =>
    trainer(
      precision === 'float32'
        ? objective
        : { ...objective, batch: async (input) => doubled(await objective.batch(input)) },
      options,
      streamOf('rows'),
    ),
})

/** An MLP over events of any shape. */
const flattened = (event: readonly number[]): Network => {
  const net = network({ kind: 'mlp', features: sizeOf(event), hidden: [12, 12], emb: 8 })
  return {
    ...net,
    apply: (params, x, c, training) =>
      reshape(net.apply(params, reshape(x, [x.shape[0], sizeOf(event)]), c, training), x.shape),
  }
}

const schedule = exponentialSchedule({ sigmaMin: 0.1, sigmaMax: 10 })
const COUNT = 40
const vectors = { y: normal(stream(1, 'y'), [COUNT, 6]), mask: bernoulli(stream(1, 'm'), 0.6, [COUNT, 6]) }
const pictures = normal(stream(2, 'x'), [COUNT, 1, 8, 8])
const dropping = (io: number) => unet({ io, channels: [8, 16], blocks: [1, 1], emb: 8, dropout: 0.3 })

const measurements = {
  arrays: vectors,
  observe: ({ y, mask: m }: { y: Tensor; mask: Tensor }) => ({
    y: mul(y, m),
    A: mask(m),
    noise: isotropicNoise(0.3),
  }),
  condition: ({ y, mask: m }: { y: Tensor; mask: Tensor }) => maskedCondition(y, m),
  simulate: ({ mask: m }: { y: Tensor; mask: Tensor }, x: Tensor, e: Tensor) =>
    maskedCondition(mul(m, mul(x, e)), m),
}
const prior = gaussianDenoiser(standardGaussian(6))
const affine = gaussianFlow({ size: 6, condition: 12 })

/** None has BatchNorm in training, whose statistics are those of the rows at hand. */
export const objectiveCases: readonly ObjectiveCase[] = [
  {
    name: 'denoising',
    start: async () => {
      const net = mlp({ features: 6, hidden: [12, 12], emb: 8 })
      return made(initTrainState(net.init(0)), denoisingObjective(net, vectors.y, { schedule }, streamOf))
    },
  },
  {
    name: 'denoising by a U-Net with dropout',
    single: true,
    start: async () => {
      const [net, augment] = [dropping(1), { flip: true, shift: 1 }]
      const objective = denoisingObjective(net, pictures, { schedule, augment }, streamOf)
      return made(initTrainState(net.init(0)), objective)
    },
  },
  {
    name: 'ambient',
    start: async () => {
      const net = flattened([2, 2, 3])
      const rows = mapArrays((a) => ndarray(toNumbers(a), [COUNT, 1, 2, 3]), vectors)
      const objective = ambientObjective(net, rows, { sigma: schedule.sigma }, streamOf)
      return made(initTrainState(net.init(0)), objective)
    },
  },
  {
    name: 'ambient by a U-Net with dropout',
    single: true,
    start: async () => {
      const net = dropping(2)
      const seen = { y: pictures, mask: bernoulli(stream(2, 'm'), 0.6, [COUNT, 1, 8, 8]) }
      return made(initTrainState(net.init(0)), ambientObjective(net, seen, schedule, streamOf))
    },
  },
  {
    name: 'gsure',
    start: async () => {
      const net = flattened([6])
      const objective = gsureObjective(net, vectors, { noise: 0.1, sigma: schedule.sigma }, streamOf)
      return made(initTrainState(net.init(0)), objective)
    },
  },
  {
    name: 'forward divergence',
    start: async () => {
      const flow = realNvp({ size: 6, condition: 12, steps: 2, hidden: 6 })
      const x = normal(stream(3, 'x'), [64, 6])
      return made(initFlowState(flow.init(0)), forwardObjective(flow, x, measurements, streamOf))
    },
  },
  ...(['score', 'full'] as const).map(
    (bound): ObjectiveCase => ({
      name: `reverse divergence, bound ${bound}`,
      start: async () => {
        const negLogPrior = boundNegLogPrior(prior, streamOf, { bound })
        const how = { dataWeight: (step: number) => 1 / (step + 2) }
        return made(
          initFlowState(affine.init(0)),
          reverseObjective(affine, negLogPrior, measurements, how, streamOf),
        )
      },
    }),
  ),
  {
    name: 'conditional denoiser',
    start: async () => {
      const operator = { name: 'mask', settings: { keep: 0.5 } }
      const set = await observe(vectors.y, { operator, noise: 0.1, range: [0, 1], seed: 4 })
      const layout = conditionLayout(set, true)
      const own = measurementsOf(set, { layout, condition: conditionShape(layout, 'vector') })
      const fit = { gaussian: standardGaussian(6), sigmaMin: 0.02, sigmaMax: 20 }
      const config = denoiserConfig(set, layout, own, fit, (shape) =>
        networkFor({ kind: 'mlp', hidden: [12, 12], emb: 8 }, shape),
      )
      const fresh = await freshDenoiser(config, fit.gaussian, basisOf(own), [6], 0)
      const objective = conditionalObjective(config, fresh, vectors.y, own, streamOf)
      return made(initFlowState(fresh), objective)
    },
  },
]

/** The one that looks at the state before each step. */
export const exactCase = () => {
  const exact = exactNegLogPrior(prior, { trace: { kind: 'hutchinson', probes: 2 }, start: 1e-3 })
  return made(initFlowState(affine.init(0)), reverseObjective(affine, exact, measurements, {}, streamOf))
}
