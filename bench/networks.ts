/** The networks and programs of the races: those of peers/peer.py, on inputs of the same shapes. */
import {
  type Denoiser,
  ddpm,
  denoisingLoss,
  exponentialSchedule,
  preconditioned,
} from '../src/diffusion/index.ts'
import { cg } from '../src/linalg/index.ts'
import { adam, initMoments, mlp, type Network, unet } from '../src/nn/index.ts'
import { isotropicNoise, mask, type Observation } from '../src/operators/index.ts'
import { dps, mmps, pigdm } from '../src/posterior/index.ts'
import { bernoulli, beta, normal, stream } from '../src/random/index.ts'
import {
  frozen,
  full,
  jit,
  type NdArray,
  ndarray,
  type Shape,
  scalar,
  type Tensor,
  type Tree,
  valueAndGrad,
} from '../src/tensor/index.ts'
import { flopsOf } from './flops.ts'
import type { Case } from './race.ts'

const key = stream(0, 'bench')
const IMAGES: Shape = [32, 1, 28, 28]

const smallUnet = () => unet({ io: 1, channels: [32, 64], blocks: [2, 2], emb: 64 })

type About = Pick<Case, 'name' | 'what' | 'target' | 'calls'>

/** A program on given arguments. */
const fixed = (
  about: About,
  threads: number,
  fn: (args: readonly Tensor[]) => Tensor,
  args: readonly NdArray[],
): Case => {
  const program = jit(fn, { threads })
  return { ...about, flops: flopsOf(fn, [args]), call: () => program(args), release: program.release }
}

/** Training: noise and times drawn, loss, gradients, clipping, Adam; the state goes from call to call. */
const training = (about: About, threads: number, net: Network, shape: Shape, sigmaMax: number): Case => {
  const schedule = exponentialSchedule({ sigmaMax })
  const x = ndarray(normal(key, shape).data, shape)
  const params = net.init(0)
  const initial = { params, moments: initMoments(params) }
  type State<L> = { readonly params: Tree<L>; readonly moments: { readonly m: Tree<L>; readonly v: Tree<L> } }
  const fn = ({ params, moments }: State<Tensor>, z: Tensor, t: Tensor, lr: Tensor, step: Tensor) => {
    const [loss, grads] = valueAndGrad((p: Tree<Tensor>) =>
      denoisingLoss(preconditioned(net, p), frozen(x), z, schedule.sigmaOf(t)),
    )(params)
    return { loss, state: adam(params, grads, moments, { lr, step }) }
  }
  const program = jit(fn, { threads })
  let state: State<NdArray> = initial
  let step = 0
  const arguments_ = () => {
    step++
    const z = normal(key, shape, { step })
    const t = beta(key, 3, 3, [shape[0]], { step })
    return [state, z, t, scalar(1e-4), scalar(step)] as const
  }
  return {
    ...about,
    flops: flopsOf(fn, arguments_()),
    call: async () => {
      const { state: next } = await program(...arguments_())
      state = next
    },
    release: program.release,
  }
}

export const unetForward = async (threads: number): Promise<Case> => {
  const net = smallUnet()
  const weights = net.init(0)
  return fixed(
    { name: 'unet-forward', what: 'U-Net denoiser, frozen, batch 32', target: 0.95, calls: 6 },
    threads,
    ([x, sigma]) => preconditioned(net, frozen(weights))(x, sigma),
    [normal(key, IMAGES), full([32], 0.3)],
  )
}

export const mlpTrain = async (threads: number): Promise<Case> =>
  training(
    { name: 'mlp-train', what: 'MLP training step, batch 1024', target: 1, calls: 30 },
    threads,
    mlp({ features: 5 }),
    [1024, 5],
    1e1,
  )

export const unetTrain = async (threads: number): Promise<Case> =>
  training(
    { name: 'unet-train', what: 'U-Net training step, batch 32', target: 1.1, calls: 3 },
    threads,
    smallUnet(),
    IMAGES,
    1e2,
  )

/** An ancestral step of a posterior sampler: 75 % of the pixels unseen, noise 1e-3. */
const posteriorStep =
  (about: About, guide: (prior: Denoiser, observation: Observation) => Denoiser) =>
  async (threads: number): Promise<Case> => {
    const net = smallUnet()
    const weights = net.init(0)
    const schedule = exponentialSchedule()
    const x = normal(key, IMAGES)
    const seen = bernoulli(key, 0.25, IMAGES)
    const y = ndarray(
      Array.from(x.data, (v, i) => v * Number(seen.data[i])),
      IMAGES,
    )
    const sampler = ddpm()
    const [t, s] = [0.5, 0.5 - 1 / 256].map((at) => scalar(schedule.sigma(at)))
    return fixed(
      about,
      threads,
      ([xt, y, m, t, s, z]) => {
        const prior = preconditioned(net, frozen(weights))
        const posterior = guide(prior, { y, A: mask(m), noise: isotropicNoise(1e-3) })
        return sampler.step(posterior, { x: xt, memory: [] }, { t, s, before: t }, z).x
      },
      [x, y, seen, t, s, normal(key, [1, ...IMAGES], { draw: 1 })],
    )
  }

export const mmpsStep = (iterations: number) =>
  posteriorStep(
    {
      name: `mmps-cg${iterations}`,
      what: `MMPS step, ${iterations} CG iteration${iterations > 1 ? 's' : ''}, batch 32`,
      target: 0.95,
      calls: 3,
    },
    mmps({ solve: cg({ iterations }) }),
  )

export const dpsStep = posteriorStep({ name: 'dps', what: 'DPS step, batch 32', target: 1, calls: 4 }, dps())

export const pigdmStep = posteriorStep(
  { name: 'pigdm', what: 'ΠGDM step, batch 32', target: 1, calls: 4 },
  pigdm(),
)
