/** The classifier of two-sample tests: a small perceptron, trained by Adam on the logistic loss. */
import { adam, initMoments, linear, type Moments } from '../../nn/index.ts'
import { Initialiser } from '../../nn/init.ts'
import {
  type ExecuteOptions,
  jit,
  mean,
  mul,
  type NdArray,
  neg,
  reshape,
  scalar,
  scalarLike,
  silu,
  softplus,
  type Tensor,
  type Tensors,
  toNumbers,
  valueAndGrad,
} from '../../tensor/index.ts'

const [RATE, DECAY] = [1e-2, 0.1] as const

/** Points [n, d] with labels [n], ±1. */
export interface Labelled {
  readonly x: NdArray<'float32'>
  readonly labels: NdArray<'float32'>
}

/** Sizes of the perceptron and of its training. */
export interface PerceptronOptions {
  /** Width of the two hidden layers. */
  readonly hidden: number
  /** Adam steps. */
  readonly steps: number
  /** Seed of the weights. */
  readonly seed: number
  readonly execute?: ExecuteOptions
}

const init = (d: number, hidden: number, seed: number) => {
  const draw = new Initialiser(seed, 'c2st')
  return {
    first: draw.linear('first', d, hidden),
    second: draw.linear('second', hidden, hidden),
    out: draw.linear('out', hidden, 1),
  }
}

type Params = ReturnType<typeof init>

const logit = (p: Tensors<Params>, x: Tensor): Tensor => {
  const h = silu(linear(silu(linear(x, p.first)), p.second))
  return reshape(linear(h, p.out), [x.shape[0]])
}

/** A compiled classifier, to be trained as often as one likes. */
export interface Perceptron {
  /** Trained from the same start: `batch` gives what each step, from 0, sees. */
  train(d: number, batch: (step: number) => Labelled): Promise<Params>
  /** Logits of points: above 0 for the label +1. */
  logits(params: Params, x: NdArray<'float32'>): Promise<number[]>
  release(): Promise<void>
}

/** Compiles the perceptron. */
export const perceptron = ({ hidden, steps, seed, execute }: PerceptronOptions): Perceptron => {
  const step = jit(
    (p: Tensors<Params>, moments: Moments<Tensors<Params>>, x: Tensor, labels: Tensor, at: Tensor) => {
      const [, grads] = valueAndGrad((q: Tensors<Params>) => mean(softplus(neg(mul(labels, logit(q, x))))))(p)
      return adam(p, grads, moments, { lr: scalarLike(at, RATE), step: at }, { weightDecay: DECAY })
    },
    execute,
  )
  const classify = jit((p: Tensors<Params>, x: Tensor) => logit(p, x), execute)
  return {
    train: async (d, batch) => {
      let params = init(d, hidden, seed)
      let moments: Moments<Params> = initMoments(params)
      for (let i = 0; i < steps; i++) {
        const { x, labels } = batch(i)
        const next = await step(params, moments, x, labels, scalar(i + 1))
        params = next.params
        moments = next.moments
      }
      return params
    },
    logits: async (params, x) => toNumbers(await classify(params, x)),
    release: async () => {
      await step.release()
      await classify.release()
    },
  }
}
