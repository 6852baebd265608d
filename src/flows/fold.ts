/**
 * A trained RealNVP rewritten for sampling. With weights and statistics fixed, all that surrounds the
 * couplings is affine and goes into their matrices: BatchNorm and the output scales into the layer after or
 * before them, signs into the last layer. Reversals become a change of roles of the two halves, with rows and
 * columns of the matrices reordered, so that one gather for each step is left of the permutations.
 *
 * ActNorm goes too. Its scale is one number A for all entries. Its location would be an offset of every
 * entry, but an offset matters only where the entry is moved by a nonlinear function: entries are kept
 * as g with x = A g + c, and the bias with which an entry is moved is chosen so that c = 0 when it is
 * moved the next time. Wherever it is only read, c goes into a bias. What is left at the start is z −
 * c, and at the end x = A g.
 */
import { TweedieError } from '../error.ts'
import type { Linear } from '../nn/index.ts'
import { type NdArray, ndarray, type Shape } from '../tensor/index.ts'
import { affine } from './affine.ts'
import { asAffine, type BatchNorm, type Statistics } from './batch-norm.ts'
import { halves } from './coupling.ts'
import { inverseOrder, type Order } from './permutation.ts'
import type { RealNvp, RealNvpParams } from './real-nvp.ts'

/** The way from the halves of one coupling to those of the next. */
export type Arrival =
  /** The half that moved now stays, and the other way round. */
  | { readonly kind: 'swap' }
  /** Rows of (stays, moves), one below the other. */
  | { readonly kind: 'gather'; readonly order: Order }

/** One coupling: g ← g e^τ + shift, both from [H, a] · LeakyReLU layers · [b, H]. */
export interface FoldedCoupling {
  /** The way from the halves of the coupling before. */
  readonly arrival: Arrival
  /** [H, a]. */
  readonly signal: NdArray
  /** [H, H], [H]. */
  readonly hidden: NdArray
  readonly hiddenBias: NdArray
  /** [b, H], [b]: τ before its tanh. */
  readonly logScale: NdArray
  readonly logScaleBias: NdArray
  /** [b, H], [b]. */
  readonly shift: NdArray
  readonly shiftBias: NdArray
}

/** A flow ready for {@link foldedSample}. */
export interface FoldedFlow {
  /** Entries n of x. */
  readonly size: number
  /** Entries m of y. */
  readonly condition: number
  /** Subtracted from z at the start, in the order of the first coupling, [n]; absent when it is 0. */
  readonly offset: NdArray | undefined
  /** The projections of y of all couplings in one matrix [J·H, m], with their biases [J·H]. */
  readonly conditions: NdArray
  readonly conditionBias: NdArray
  /** In the order from z to x. */
  readonly couplings: readonly FoldedCoupling[]
  /** Order of the entries after the last coupling. */
  readonly departure: Order
  /** A at the end, and what ActNorm adds to log|det|. */
  readonly scale: number
  readonly logdet: number
}

type Layer = RealNvpParams<NdArray>['weights'][number]
type Running = RealNvpParams<NdArray>['statistics'][number]

const numbers = ({ data, dtype }: NdArray): Float64Array => {
  if (data instanceof Float32Array || data instanceof Float64Array) return new Float64Array(data)
  throw new TweedieError('input', `foldRealNvp: weights must be float, got ${dtype}`)
}

const first = (array: NdArray): number => numbers(array)[0]

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** W diag(a) and bias + W b, where y = a x + b is the BatchNorm before a linear layer. */
const behindNorm = (
  { weight, bias }: Linear<NdArray>,
  norm: BatchNorm<NdArray>,
  { mean, variance }: Statistics<NdArray>,
): { w: Float64Array; bias: Float64Array } => {
  const { a, b } = asAffine(
    { scale: numbers(norm.scale), shift: numbers(norm.shift) },
    { mean: numbers(mean), variance: numbers(variance) },
  )
  const [w, added, columns] = [numbers(weight), numbers(bias), weight.shape[1]]
  for (let i = 0; i < w.length; i++) {
    added[Math.floor(i / columns)] += w[i] * b[i % columns]
    w[i] *= a[i % columns]
  }
  return { w, bias: added }
}

/** The true entry in each row of the two halves, as they lie in memory. */
interface Places {
  readonly stays: Order
  readonly moves: Order
}

const sameSet = (a: Order, b: Order): boolean => {
  const set = new Set(a)
  return a.length === b.length && b.every((v) => set.has(v))
}

/** The way to the halves of the next coupling when true entry i comes from entry `order[i]`. */
const arrive = (from: Places, order: Order): { arrival: Arrival; places: Places } => {
  const now = inverseOrder(order)
  const [a, n] = [from.stays.length, order.length]
  const [stays, moves] = [from.moves, from.stays].map((rows) => rows.map((old) => now[old]))
  if (sameSet(stays, range(0, a))) return { arrival: { kind: 'swap' }, places: { stays, moves } }
  const rowOf = inverseOrder([...from.stays, ...from.moves])
  return {
    arrival: { kind: 'gather', order: order.map((old) => rowOf[old]) },
    places: { stays: range(0, a), moves: range(a, n) },
  }
}

/** x = A g + c: A of all entries, c by entry of z. */
interface Gauge {
  scale: number
  readonly offset: Float64Array
}

/** The couplings, in the order from z to x, at which each entry of z is moved. */
const timesMoved = (back: readonly Order[], stays: number, n: number): number[][] => {
  const times: number[][] = Array.from({ length: n }, () => [])
  let who: Order = range(0, n)
  for (const [k, order] of back.entries()) {
    who = order.map((i) => who[i])
    for (const entry of who.slice(stays)) times[entry].push(k)
  }
  return times
}

/** The ActNorm after each coupling, from z to x: c ← e^l c − loc. */
type Norms = readonly { readonly l: number; readonly loc: number }[]

/** The offset that ActNorms `from` … `to` − 1 bring to 0. */
const offsetFor = (norms: Norms, from: number, to: number): number => {
  let c = 0
  for (let k = to - 1; k >= from; k--) c = (c + norms[k].loc) * Math.exp(-norms[k].l)
  return c
}

/** The first layer for the half that stays: reads x = A g + c. `who` holds the entry of z in each row. */
const foldSignal = (signal: NdArray, places: Order, who: Order, { scale, offset }: Gauge) => {
  const [hidden, a] = signal.shape
  const w = numbers(signal)
  const folded = new Float64Array(w.length)
  const bias = new Float64Array(hidden)
  for (let h = 0; h < hidden; h++) {
    for (const [row, place] of places.entries()) {
      folded[h * a + row] = w[h * a + place] * scale
      bias[h] += w[h * a + place] * offset[who[place]]
    }
  }
  return { folded, bias }
}

/**
 * The last layer in two: rows of −s, and rows of −(t + c)/A with the offset c that each entry is left with.
 */
const foldOut = (
  { net }: Layer,
  running: Running,
  { places, scale, left }: { places: Order; scale: number; left: (place: number) => number },
) => {
  const { w, bias } = behindNorm(net.out, net.secondNorm, running.second)
  const gain = numbers(net.scale).map((v) => Math.exp(3 * v))
  const [b, hidden] = [places.length, net.out.weight.shape[1]]
  const stays = net.signal.shape[1]
  const part = (index: number, by: number, offset: (place: number) => number) => {
    const [matrix, vector] = [new Float64Array(b * hidden), new Float64Array(b)]
    for (const [row, place] of places.entries()) {
      const from = index * b + place - stays
      for (let h = 0; h < hidden; h++) matrix[row * hidden + h] = by * gain[from] * w[from * hidden + h]
      vector[row] = by * (gain[from] * bias[from] + offset(place))
    }
    return { matrix, vector }
  }
  return { logScale: part(0, -1, () => 0), shift: part(1, -1 / scale, left) }
}

/** Matrices with the same columns, one below the other. */
const stacked = (arrays: readonly NdArray[]): Float64Array => {
  const out = new Float64Array(arrays.reduce((n, { size }) => n + size, 0))
  let at = 0
  for (const array of arrays) {
    out.set(numbers(array), at)
    at += array.size
  }
  return out
}

/**
 * Folds a trained flow. The result computes what `flow.sample` does with these parameters, up to rounding.
 *
 * @throws TweedieError `input` when the couplings are not affine
 *
 * @example
 * ```ts
 * const flow = realNvp({ size: 784, condition: 784, steps: 8 })
 * const folded = foldRealNvp(flow, flow.init(0))
 * const draw = jit((y: Tensor, z: Tensor) => foldedSample(folded, y, z)) // y [1, m], z [K, n]
 * ```
 */
export const foldRealNvp = (flow: RealNvp, params: RealNvpParams<NdArray>): FoldedFlow => {
  if (flow.transform !== affine) {
    throw new TweedieError('input', `foldRealNvp: couplings must be affine, got ${flow.transform.name}`)
  }
  const { size: n } = flow
  const [a] = halves(n)
  const back = flow.orders.map(inverseOrder).reverse()
  const layers = [...params.weights].reverse()
  const running = [...params.statistics].reverse()
  const norms = layers.map(({ norm }) => ({ l: first(norm.logScale), loc: first(norm.loc) }))
  const times = timesMoved(back, a, n)
  const { dtype } = layers[0].net.signal
  const [hidden, m] = layers[0].net.condition.shape
  const as = (values: ArrayLike<number>, shape: Shape): NdArray => ndarray(values, shape, dtype)

  const start = Float64Array.from(times, ([t = layers.length]) => offsetFor(norms, 0, t))
  const gauge: Gauge = { scale: 1, offset: start.slice() }
  const conditionBias = new Float64Array(layers.length * hidden)
  let who: Order = range(0, n)
  let places: Places = { stays: range(0, a), moves: range(a, n) }
  const couplings = layers.map((layer, k): FoldedCoupling => {
    const arrived = arrive(places, back[k])
    places = arrived.places
    who = back[k].map((i) => who[i])
    const { net } = layer
    const signal = foldSignal(net.signal, places.stays, who, gauge)
    conditionBias.set(
      numbers(net.bias).map((v, h) => v + signal.bias[h]),
      k * hidden,
    )
    const second = behindNorm(net.hidden, net.firstNorm, running[k].first)
    const next = (entry: number): number => times[entry].find((t) => t > k) ?? layers.length
    const left = (place: number): number => offsetFor(norms, k, next(who[place]))
    const last = foldOut(layer, running[k], { places: places.moves, scale: gauge.scale, left })
    for (const place of places.moves) gauge.offset[who[place]] = left(place)
    const { l, loc } = norms[k]
    gauge.scale *= Math.exp(l)
    for (const [i, c] of gauge.offset.entries()) gauge.offset[i] = Math.exp(l) * c - loc
    return {
      arrival: arrived.arrival,
      signal: as(signal.folded, net.signal.shape),
      hidden: as(second.w, net.hidden.weight.shape),
      hiddenBias: as(second.bias, [hidden]),
      logScale: as(last.logScale.matrix, [n - a, hidden]),
      logScaleBias: as(last.logScale.vector, [n - a]),
      shift: as(last.shift.matrix, [n - a, hidden]),
      shiftBias: as(last.shift.vector, [n - a]),
    }
  })
  return {
    size: n,
    condition: m,
    offset: start.some((c) => c !== 0) ? as(start, [n]) : undefined,
    conditions: as(stacked(layers.map(({ net }) => net.condition)), [layers.length * hidden, m]),
    conditionBias: as(conditionBias, [layers.length * hidden]),
    couplings,
    departure: inverseOrder([...places.stays, ...places.moves]),
    scale: gauge.scale,
    logdet: n * norms.reduce((sum, { l }) => sum + l, 0),
  }
}
