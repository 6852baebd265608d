import { requireInteger } from '../../checks.ts'
import { TweedieError } from '../../error.ts'
import { adam, initMoments, linear, type Moments } from '../../nn/index.ts'
import { Initialiser } from '../../nn/init.ts'
import { permutation, stream } from '../../random/index.ts'
import {
  type ExecuteOptions,
  jit,
  mean,
  mul,
  NdArray,
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
import { logFactorials } from '../distributions.ts'
import { type Points, pairOf } from './cloud.ts'

/** Options of {@link c2st}. */
export interface C2stOptions {
  /** Width of the two hidden layers, default 32. */
  readonly hidden?: number
  /** Full-batch Adam steps, default 150. */
  readonly steps?: number
  /** Seed of the split and of the weights, default 0. */
  readonly seed?: number
  /** Device and threads of the classifier. */
  readonly execute?: ExecuteOptions
}

/** Result of {@link c2st}. */
export interface C2st {
  /**
   * Share of the held-out points that are assigned to their own cloud: 0.5 when the clouds cannot be
   * distinguished, at most 1.
   */
  readonly accuracy: number
  /** Exact, given the classifier: at most α with probability α if the distributions are equal. */
  readonly pValue: number
}

const RATE = 1e-2

/** Half of both clouds in random order, standardised, with labels ±1: x is +1. */
interface Half {
  readonly x: NdArray<'float32'>
  readonly labels: NdArray<'float32'>
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

/** Mean and 1/sd of each coordinate over both clouds; a coordinate that does not vary becomes 0. */
const scaling = (a: Points, b: Points) => {
  const { d } = a
  const n = a.n + b.n
  const [mean, square] = [new Float64Array(d), new Float64Array(d)]
  for (const { values } of [a, b]) for (let i = 0; i < values.length; i++) mean[i % d] += values[i] / n
  for (const { values } of [a, b]) {
    for (let i = 0; i < values.length; i++) square[i % d] += (values[i] - mean[i % d]) ** 2 / n
  }
  return { mean, scale: square.map((v) => (v > 0 ? 1 / Math.sqrt(v) : 0)) }
}

const halves = (a: Points, b: Points, count: number, seed: number): readonly [Half, Half] => {
  const { mean, scale } = scaling(a, b)
  const orders = [a, b].map(({ n }, i) => permutation(stream(seed, `split ${i}`), n).data)
  const half = (start: number): Half => {
    const x = new Float32Array(2 * count * a.d)
    for (const [cloud, { values }] of [a, b].entries()) {
      for (let i = 0; i < count; i++) {
        const from = orders[cloud][start + i] * a.d
        for (let c = 0; c < a.d; c++)
          x[(cloud * count + i) * a.d + c] = (values[from + c] - mean[c]) * scale[c]
      }
    }
    const labels = Float32Array.from({ length: 2 * count }, (_, i) => (i < count ? 1 : -1))
    return {
      x: new NdArray('float32', [2 * count, a.d], x),
      labels: new NdArray('float32', [2 * count], labels),
    }
  }
  return [half(0), half(count)]
}

/** The held-out logits of a classifier trained on one half. */
const heldOut = async (
  train: Half,
  test: Half,
  { hidden = 32, steps = 150, seed = 0, execute }: C2stOptions,
) => {
  const step = jit(
    (p: Tensors<Params>, moments: Moments<Tensors<Params>>, x: Tensor, labels: Tensor, at: Tensor) => {
      const [, grads] = valueAndGrad((q: Tensors<Params>) => mean(softplus(neg(mul(labels, logit(q, x))))))(p)
      return adam(p, grads, moments, { lr: scalarLike(at, RATE), step: at }, { weightDecay: 0.1 })
    },
    execute,
  )
  const classify = jit((p: Tensors<Params>, x: Tensor) => logit(p, x), execute)
  try {
    let params = init(train.x.shape[1], hidden, seed)
    let moments: Moments<Params> = initMoments(params)
    for (let i = 1; i <= steps; i++) {
      const next = await step(params, moments, train.x, train.labels, scalar(i))
      params = next.params
      moments = next.moments
    }
    return toNumbers(await classify(params, test.x))
  } finally {
    await step.release()
    await classify.release()
  }
}

/**
 * P(H ≥ h) for H of `drawn` from `total` of which half are marked: the law of the hits of any fixed
 * prediction.
 */
const hypergeometricTail = (h: number, drawn: number, total: number): number => {
  const logs = logFactorials(total)
  const choose = (n: number, k: number) => logs[n] - logs[k] - logs[n - k]
  const half = total / 2
  let sum = 0
  for (let i = h; i <= Math.min(half, drawn); i++) {
    if (drawn - i <= half) sum += Math.exp(choose(half, i) + choose(half, drawn - i) - choose(total, drawn))
  }
  return Math.min(1, sum)
}

/**
 * Classifier two-sample test (Lopez-Paz & Oquab, "Revisiting classifier two-sample tests", ICLR 2017): a
 * small perceptron learns on one half of the points to distinguish the clouds, and its accuracy on the other
 * half says how well that can be done. Given the predictions, labels of equal clouds are a random half of the
 * test points, so the p-value is exact (hypergeometric), however good or bad the classifier.
 *
 * Blind spots: whatever the classifier fails to learn from few points, so 0.5 is no proof. Near 1 it does
 * not say how far apart the clouds are, nor where.
 *
 * @param x - `[n, d]`
 * @param y - `[m, d]`; of the larger cloud a random part is used, so that both count alike
 * @throws TweedieError `shape` when the clouds do not fit or have fewer than 4 points, `input` on a bad
 *   option, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const { accuracy, pValue } = await c2st(samples, truth)
 * ```
 */
export const c2st = async (x: NdArray, y: NdArray, options: C2stOptions = {}): Promise<C2st> => {
  const [a, b] = pairOf(x, y, 'c2st')
  const count = Math.floor(Math.min(a.n, b.n) / 2)
  if (count < 2)
    throw new TweedieError('shape', `c2st: needs at least 4 points in each cloud, got ${a.n} and ${b.n}`)
  const { hidden = 32, steps = 150, seed = 0 } = options
  requireInteger(hidden, 1, 'c2st: hidden')
  requireInteger(steps, 1, 'c2st: steps')
  const [train, test] = halves(a, b, count, seed)
  const logits = await heldOut(train, test, options)
  const taken = logits.filter((v) => v > 0).length
  const hits = logits.filter((v, i) => v > 0 && i < count).length
  return {
    accuracy: (hits + (count - (taken - hits))) / (2 * count),
    pValue: hypergeometricTail(hits, taken, 2 * count),
  }
}
