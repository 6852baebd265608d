/**
 * Random 0/1 masks as nodes of ONNX. The generator is pcg4d (M. Jarzynski & M. Olano, "Hash Functions for GPU
 * Rendering", Journal of Computer Graphics Techniques 9(3), 2020), four words of 32 bits to four words by 32
 * operations:
 *
 *     v ← 1664525 v + 1013904223;   mix;   v ← v ⊕ (v >> 16);   mix,
 *     mix:  x ← x + y w,   y ← y + z x,   z ← z + x y,   w ← w + y z,
 *
 * modulo 2³². Philox, of which all other random numbers are, would cost ten times as many passes here.
 */
import { full, NdArray, type Shape, sizeOf } from '../ndarray.ts'
import type { Emit } from '../tensor.ts'
import { onnxType } from './proto.ts'

/** TensorProto.DataType of uint32, which arrays outside programs do not have. */
const UINT32 = 12

const asUint32 = (emit: Emit, name: string): string => emit.node('Cast', [name], { to: { int: UINT32 } })

/** A word as a constant. */
const word = (emit: Emit, value: number): string =>
  emit.once(`uint32 ${value}`, () => asUint32(emit, emit.constant(full([], value | 0, 'int32'))))

/** The words 0 … n − 1 in a row. */
const counters = (emit: Emit, n: number): string =>
  emit.once(`uint32 below ${n}`, () =>
    asUint32(
      emit,
      emit.constant(
        new NdArray(
          'int32',
          [1, n],
          Int32Array.from({ length: n }, (_, i) => i),
        ),
      ),
    ),
  )

/** v ⊕ (v >> 16), as nodes. */
export type Fold = (v: string, emit: Emit) => string

export const foldByBits: Fold = (v, emit) =>
  emit.node('BitwiseXor', [v, emit.node('BitShift', [v, word(emit, 16)], { direction: { text: 'RIGHT' } })])

/** The exclusive or of two nibbles a and b, at 16 a + b. */
const XOR_OF_NIBBLES = Int32Array.from({ length: 256 }, (_, i) => (i >> 4) ^ (i & 15))

/**
 * The same for devices without operators on bits: with v = 2¹⁶ h + l it is 2¹⁶ h + (l ⊕ h), nibble by nibble.
 */
export const foldByTable: Fold = (v, emit) => {
  const table = emit.once('xor of nibbles', () =>
    asUint32(emit, emit.constant(new NdArray('int32', [256], XOR_OF_NIBBLES))),
  )
  const [sixteen, half] = [16, 2 ** 16].map((value) => word(emit, value))
  const op = (name: string, a: string, b: string): string => emit.node(name, [a, b])
  const over = (a: string, by: string): readonly [string, string] => {
    const quotient = op('Div', a, by)
    return [quotient, op('Sub', a, op('Mul', quotient, by))]
  }
  let [h, l] = over(v, half)
  let folded = op('Mul', h, half)
  for (let k = 0; k < 4; k++) {
    const [highs, b] = over(h, sixteen)
    const [lows, a] = over(l, sixteen)
    const at = emit.node('Cast', [op('Add', op('Mul', a, sixteen), b)], { to: { int: onnxType.int32 } })
    folded = op('Add', folded, op('Mul', op('Gather', table, at), word(emit, 16 ** k)))
    h = highs
    l = lows
  }
  return folded
}

const pcg4d = (emit: Emit, words: readonly string[], fold: Fold): string[] => {
  const add = (a: string, b: string) => emit.node('Add', [a, b])
  const mul = (a: string, b: string) => emit.node('Mul', [a, b])
  const mix = ([x0, y0, z0, w0]: readonly string[]): string[] => {
    const x = add(x0, mul(y0, w0))
    const y = add(y0, mul(z0, x))
    const z = add(z0, mul(x, y))
    return [x, y, z, add(w0, mul(y, z))]
  }
  const [factor, term] = [1664525, 1013904223].map((value) => word(emit, value))
  return mix(mix(words.map((v) => add(mul(v, factor), term))).map((v) => fold(v, emit)))
}

/** What a mask is made of: the value with its seeds [B, 3], the probability of 1, its shape [B, ...]. */
interface Mask {
  readonly seeds: string
  readonly keep: number
  readonly shape: Shape
}

/** The value that holds the mask: word j of counter c is entry j ⌈n/4⌉ + c of a row of n. */
export const emitMask = ({ seeds, keep, shape }: Mask, fold: Fold, emit: Emit): string => {
  const size = sizeOf(shape.slice(1))
  const all = asUint32(emit, seeds)
  // Not by Slice, which WebGPU has for floats only.
  const own = [0, 1, 2].map((i) => emit.node('Gather', [all, emit.ints([i])], { axis: { int: 1 } }))
  const words = pcg4d(emit, [counters(emit, Math.ceil(size / 4)), ...own], fold)
  const joined = emit.node('Concat', words, { axis: { int: 1 } })
  const threshold = Math.min(Math.round(keep * 2 ** 32), 2 ** 32 - 1)
  const kept = emit.node('Less', [joined, word(emit, threshold)])
  const mask = emit.node('Cast', [kept], { to: { int: onnxType.float32 } })
  const row =
    size % 4 === 0 ? mask : emit.node('Slice', [mask, emit.ints([0]), emit.ints([size]), emit.ints([1])])
  return emit.node('Reshape', [row, emit.ints(shape)], { allowzero: { int: 1 } })
}
