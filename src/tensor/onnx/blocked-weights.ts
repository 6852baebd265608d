/**
 * Convolution weights in the order that blocked convolutions read: [O/n, I/n, kh, kw, n (in), n (out)], or
 * [O/n, I, kh, kw, n (out)] when the input has less than n channels and stays row-major.
 */
import { full, NdArray, ndarray, type Shape, sizeOf } from '../ndarray.ts'
import { Constant, type Tensor } from '../tensor.ts'
import type { Blocked } from './blocked.ts'

/**
 * A kernel derived from weights w: its logical shape [O, I, kh, kw], and for each of its elements the flat
 * index of the element of w that it is, or −1 for a zero.
 */
export interface Derived {
  readonly shape: Shape
  source(o: number, i: number, y: number, x: number): number
}

/** w itself. */
export const forward = ([o, i, kh, kw]: Shape): Derived => ({
  shape: [o, i, kh, kw],
  source: (a, b, y, x) => ((a * i + b) * kh + y) * kw + x,
})

/**
 * w with inputs and outputs swapped and both spatial axes reversed: the input gradient
 * of a stride-1 convolution.
 */
export const flipped = ([o, i, kh, kw]: Shape): Derived => ({
  shape: [i, o, kh, kw],
  source: (a, b, y, x) => ((b * i + a) * kh + kh - 1 - y) * kw + kw - 1 - x,
})

/** Outputs rounded up to whole blocks: a convolution to few channels computes zeros beside them. */
export const padded = (channels: number, n: number): number => Math.ceil(channels / n) * n

/** Source index of each element in blocked order. */
const blockedOrder = ({ shape: [o, i, kh, kw], source }: Derived, n: number): Int32Array => {
  const outputs = padded(o, n)
  const inner = i < n ? 1 : n
  const order = new Int32Array(outputs * i * kh * kw)
  let at = 0
  for (let ob = 0; ob < outputs; ob += n) {
    for (let ib = 0; ib < i; ib += inner) {
      for (let y = 0; y < kh; y++) {
        for (let x = 0; x < kw; x++) {
          for (let c = ib; c < ib + inner; c++) {
            for (let a = ob; a < ob + n; a++) order[at++] = a < o ? source(a, c, y, x) : -1
          }
        }
      }
    }
  }
  return order
}

const pick = (w: NdArray, order: Int32Array, shape: Shape): NdArray<'float32'> => {
  const data = new Float32Array(order.length)
  for (let j = 0; j < order.length; j++) data[j] = order[j] < 0 ? 0 : Number(w.data[order[j]])
  return new NdArray('float32', shape, data)
}

/**
 * Row gather: whole rows of n neighbours of one reordered operand, one memory copy each. Both usual kernels
 * are of this kind: ReorderInput brings the outputs (forward) or the inputs (flipped) of w innermost.
 */
const byRows = (w: Tensor, kind: 'forward' | 'flipped', b: Blocked): string | undefined => {
  const [o, i, kh, kw] = w.shape
  const { n, emit } = b
  const k = kh * kw
  const outputs = kind === 'forward' ? o : i
  const inputs = kind === 'forward' ? i : o
  if (outputs % n !== 0 || (inputs >= n && inputs % n !== 0)) return undefined
  const image = kind === 'forward' ? b.reshape(emit.value(w), [1, o, 1, i * k]) : emit.value(w)
  const rows = b.reshape(b.node('ReorderInput', [image]), [(o * i * k) / n, n])
  const order: number[] = []
  const inner = inputs < n ? 1 : n
  for (let ob = 0; ob < outputs / n; ob++) {
    for (let ib = 0; ib < inputs; ib += inner) {
      for (let t = 0; t < k; t++) {
        for (let c = ib; c < ib + inner; c++) {
          order.push(kind === 'forward' ? (ob * i + c) * k + t : (c * (i / n) + ob) * k + (k - 1 - t))
        }
      }
    }
  }
  const sorted = order.every((r, j) => r === j)
  const gathered = sorted
    ? rows
    : emit.node('Gather', [rows, emit.constant(ndarray(order, [order.length], 'int32'))])
  return b.reshape(gathered, [outputs, inputs, kh, kw])
}

const byElements = (w: Tensor, derived: Derived, b: Blocked): string => {
  const { emit, n } = b
  const [o, i, kh, kw] = derived.shape
  const flat = b.reshape(emit.value(w), [sizeOf(w.shape)])
  const withZero = emit.node('Concat', [flat, emit.constant(full([1], 0))], { axis: { int: 0 } })
  const zero = sizeOf(w.shape)
  const order = Array.from(blockedOrder(derived, n), (s) => (s < 0 ? zero : s))
  const gathered = emit.node('Gather', [withZero, emit.constant(ndarray(order, [order.length], 'int32'))])
  return b.reshape(gathered, [padded(o, n), i, kh, kw])
}

/** Name of the blocked form of a kernel derived from w; `key` names the derivation. */
export const blockedWeights = (w: Tensor, key: string, derived: Derived, b: Blocked): string =>
  b.emit.once(`weights ${key} ${b.emit.value(w)}`, () => {
    const [o, i, kh, kw] = derived.shape
    if (w instanceof Constant)
      return b.constant(pick(w.value, blockedOrder(derived, b.n), [padded(o, b.n), i, kh, kw]))
    const rows = key === 'forward' || key === 'flipped' ? byRows(w, key, b) : undefined
    return rows ?? byElements(w, derived, b)
  })
