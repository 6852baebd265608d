import { requireInteger } from '../../checks.ts'
import { TweedieError } from '../../error.ts'
import { permutation, stream } from '../../random/index.ts'
import { type ExecuteOptions, NdArray } from '../../tensor/index.ts'
import { logFactorials } from '../distributions.ts'
import { columnScaling, type Points, pairOf } from './cloud.ts'
import { type Labelled, perceptron } from './perceptron.ts'
import { pooled } from './two-sample.ts'

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

/** Half of both clouds in random order, standardised, with labels: x is +1. */
const halves = (a: Points, b: Points, count: number, seed: number): readonly [Labelled, Labelled] => {
  const { mean, scale } = columnScaling(pooled(a, b))
  const orders = [a, b].map(({ n }, i) => permutation(stream(seed, `split ${i}`), n).data)
  const half = (start: number): Labelled => {
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
  train: Labelled,
  test: Labelled,
  { hidden = 32, steps = 150, seed = 0, execute }: C2stOptions,
): Promise<number[]> => {
  const classifier = perceptron({ hidden, steps, seed, execute })
  try {
    return await classifier.logits(await classifier.train(train.x.shape[1], () => train), test.x)
  } finally {
    await classifier.release()
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
