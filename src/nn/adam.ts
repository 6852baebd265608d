/**
 * Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), with clipping of the global gradient norm
 * before.
 */
import {
  add,
  concat,
  div,
  late,
  leavesOf,
  mapArrays,
  mapTensors,
  minimum,
  mul,
  type NdArray,
  pow,
  scalarLike,
  split,
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
 * The same as a sum from the gradient that is known last to the one that is known first. ONNX Runtime goes
 * through a graph from its outputs, of the inputs of a node the one that was written last first; so it
 * computes each gradient as soon as the way back has come there, and what it is made of can be freed. In
 * another order all of the way back comes before the gradients, and twice the memory is held.
 *
 * @param after - what shall be computed after these only
 */
const normAsKnown = (grads: Tree<Tensor>, after: Tensor): Tensor =>
  sqrt(
    [...leavesOf(grads)]
      .sort((a, b) => b.id - a.id)
      .map((g) => sum(square(g)))
      .reduce((a, b) => add(a, b), late(after)),
  )

/**
 * √Σ‖g‖² as {@link adam} takes it, bit for bit, for steps on some leaves at a time.
 *
 * @param grads - of all leaves
 */
export const gradientNorm = (grads: Tree<Tensor>): Tensor => {
  const G = packing(grads).pack(grads)
  return normAsKnown(grads, G[G.length - 1])
}

/** When a step is taken, and how far. */
export interface AdamPace {
  /** [] Learning rate of this step. */
  readonly lr: Tensor
  /** [] Number of this step, from 1, for the bias correction. */
  readonly step: Tensor
  /** [] Norm of the gradient of all leaves, where those given are some of them; default that of these. */
  readonly norm?: Tensor
}

/**
 * One step, as expressions. All but the norm goes by leaf, or by entry.
 *
 * @returns the new parameters and moments, and the norm of the gradient before clipping
 */
export const adam = <T extends Tree<Tensor>>(
  params: T,
  grads: T,
  { m, v }: Moments<T>,
  { lr, step, norm: known }: AdamPace,
  { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0, clip = 1 }: AdamOptions = {},
): { params: T; moments: Moments<T>; norm: Tensor } => {
  const { pack, unpack } = packing(params)
  const [P, G, M, V] = [params, grads, m, v].map(pack)
  const norm = known ?? normAsKnown(grads, G[G.length - 1])
  const shrink = Number.isFinite(clip)
    ? minimum(div(scalarLike(lr, clip), add(norm, 1e-12)), 1)
    : scalarLike(lr, 1)
  const correction = (beta: number) => sub(1, pow(scalarLike(step, beta), step))
  const scale = sqrt(correction(beta2))
  const rate = mul(div(lr, correction(beta1)), scale)
  const tiny = mul(scale, eps)
  // Clipping scales the gradient: it goes into the factors, which are scalars, instead of the gradient.
  const [first, second] = [mul(shrink, 1 - beta1), mul(square(shrink), 1 - beta2)]
  const m1 = M.map((a, i) => add(mul(a, beta1), mul(G[i], first)))
  const v1 = V.map((a, i) => add(mul(a, beta2), mul(square(G[i]), second)))
  const moved = P.map((p, i) => {
    const kept = weightDecay ? sub(p, mul(p, mul(lr, weightDecay))) : p
    return sub(kept, div(mul(m1[i], rate), add(sqrt(v1[i]), tiny)))
  })
  return { params: unpack(moved), moments: { m: unpack(m1), v: unpack(v1) }, norm }
}

/**
 * Leaves as a list in which all vectors (biases) are joined to one: a network has dozens, each too short to
 * be worth the dozen operations of an update.
 */
const packing = <T extends Tree<Tensor>>(like: T) => {
  const shapes = leavesOf(like).map(({ shape }) => shape)
  const lengths = shapes.flatMap((shape) => (shape.length === 1 ? [shape[0]] : []))
  const isVector = (_: unknown, i: number) => lengths.length > 1 && shapes[i].length === 1
  const pack = (tree: T): Tensor[] => {
    const leaves = leavesOf(tree)
    const vectors = leaves.filter(isVector)
    const rest = leaves.filter((_, i) => !isVector(_, i))
    return vectors.length > 0 ? [...rest, concat(vectors)] : rest
  }
  const unpack = (list: readonly Tensor[]): T => {
    const rest = lengths.length > 1 ? list.slice(0, -1) : [...list]
    const vectors = lengths.length > 1 ? split(list[list.length - 1], lengths) : []
    let [nextVector, nextRest, leaf] = [0, 0, 0]
    return mapTensors(() => (isVector(undefined, leaf++) ? vectors[nextVector++] : rest[nextRest++]), like)
  }
  return { pack, unpack }
}

/** Exponential moving average: average + (1 − decay)(params − average). */
export const ema = <T extends Tree<Tensor>>(average: T, params: T, decay: number): T =>
  mapTensors((a, p) => add(mul(a, decay), mul(p, 1 - decay)), average, params)
