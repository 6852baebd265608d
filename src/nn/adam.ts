/** Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), with clipping of the global gradient norm before. */
import {
  add,
  div,
  leavesOf,
  mapArrays,
  mapTensors,
  minimum,
  mul,
  type NdArray,
  pow,
  scalarLike,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tree,
  zeros,
} from '../tensor/index.ts'

/** Hyper-parameters. */
export interface AdamOptions {
  /** Decay of the first moment, default 0.9. */
  readonly beta1?: number
  /** Decay of the second moment, default 0.999. */
  readonly beta2?: number
  /** Default 1e-8. */
  readonly eps?: number
  /** Decoupled weight decay (AdamW), default 0. */
  readonly weightDecay?: number
  /** Largest global gradient norm, default 1; Infinity for none. */
  readonly clip?: number
}

/** First and second moments, of the nesting of the parameters. */
export type Moments<T> = { readonly m: T; readonly v: T }

/** Zero moments for parameters. */
export const initMoments = <P extends Tree<NdArray>>(params: P): Moments<P> => {
  const blank = mapArrays((p) => zeros(p.shape, p.dtype), params)
  return { m: blank, v: blank }
}

/** √Σ‖g‖² over all leaves. */
export const globalNorm = (grads: Tree<Tensor>): Tensor =>
  sqrt(
    leavesOf(grads)
      .map((g) => sum(square(g)))
      .reduce((a, b) => add(a, b)),
  )

/**
 * One step, as expressions.
 *
 * @param lr - [] learning rate of this step
 * @param step - [] number of this step, from 1, for the bias correction
 * @returns the new parameters and moments
 */
export const adam = <T extends Tree<Tensor>>(
  params: T,
  grads: T,
  { m, v }: Moments<T>,
  { lr, step }: { lr: Tensor; step: Tensor },
  { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0, clip = 1 }: AdamOptions = {},
): { params: T; moments: Moments<T> } => {
  const shrink = Number.isFinite(clip)
    ? minimum(div(scalarLike(lr, clip), add(globalNorm(grads), 1e-12)), 1)
    : undefined
  const g = shrink ? mapTensors((leaf) => mul(leaf, shrink), grads) : grads
  const m1 = mapTensors((a, b) => add(mul(a, beta1), mul(b, 1 - beta1)), m, g)
  const v1 = mapTensors((a, b) => add(mul(a, beta2), mul(square(b), 1 - beta2)), v, g)
  const correction = (beta: number) => sub(1, pow(scalarLike(step, beta), step))
  const rate = div(lr, correction(beta1))
  const scale = sqrt(correction(beta2))
  const moved = mapTensors(
    (p, a, b) => {
      const kept = weightDecay ? sub(p, mul(p, mul(lr, weightDecay))) : p
      return sub(kept, div(mul(a, mul(rate, scale)), add(sqrt(b), mul(scale, eps))))
    },
    params,
    m1,
    v1,
  )
  return { params: moved, moments: { m: m1, v: v1 } }
}

/** Exponential moving average: average + (1 − decay)(params − average). */
export const ema = <T extends Tree<Tensor>>(average: T, params: T, decay: number): T =>
  mapTensors((a, p) => add(mul(a, decay), mul(p, 1 - decay)), average, params)
