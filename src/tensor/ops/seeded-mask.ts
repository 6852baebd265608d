/**
 * Random 0/1 masks that are made inside a program: a function of seeds, so they cost no memory outside, and
 * the same seeds give the same masks on every device.
 *
 * The generator is pcg4d (M. Jarzynski & M. Olano, "Hash Functions for GPU Rendering", Journal of Computer
 * Graphics Techniques 9(3), 2020), four words of 32 bits to four words by 32 operations:
 *
 *     v ← 1664525 v + 1013904223;   mix;   v ← v ⊕ (v >> 16);   mix,
 *     mix:  x ← x + y w,   y ← y + z x,   z ← z + x y,   w ← w + y z,
 *
 * modulo 2³². Philox, of which all other random numbers are, would cost ten times as many passes here.
 */
import { full, NdArray, type Shape, sizeOf } from '../ndarray.ts'
import { shapeError, show } from '../shape.ts'
import { type Attrs, apply, type Emit, type Op, type Tensor } from '../tensor.ts'

interface MaskAttrs extends Attrs {
  readonly keep: number
  readonly event: readonly number[]
}

/** TensorProto.DataType of uint32, which arrays outside programs do not have. */
const UINT32 = 12
const FLOAT32 = 1

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

const pcg4d = (emit: Emit, words: readonly string[]): string[] => {
  const add = (a: string, b: string) => emit.node('Add', [a, b])
  const mul = (a: string, b: string) => emit.node('Mul', [a, b])
  const mix = ([x0, y0, z0, w0]: readonly string[]): string[] => {
    const x = add(x0, mul(y0, w0))
    const y = add(y0, mul(z0, x))
    const z = add(z0, mul(x, y))
    return [x, y, z, add(w0, mul(y, z))]
  }
  const [factor, term, half] = [1664525, 1013904223, 16].map((value) => word(emit, value))
  const folded = (v: string): string =>
    emit.node('BitwiseXor', [v, emit.node('BitShift', [v, half], { direction: { text: 'RIGHT' } })])
  return mix(mix(words.map((v) => add(mul(v, factor), term))).map(folded))
}

const maskOp: Op<MaskAttrs> = {
  name: 'seededMask',
  infer: ([seeds], { event }) => {
    if (seeds.dtype !== 'int32' || seeds.shape.length !== 2 || seeds.shape[1] !== 3)
      shapeError('seededMask', `expected seeds int32[B,3], got ${seeds.dtype}${show(seeds.shape)}`)
    return { dtype: 'float32', shape: [seeds.shape[0], ...event] }
  },
  grad: () => [],
  lower: ({ inputs: [seeds], attrs: { keep, event }, shape }, emit) => {
    const size = sizeOf(event)
    const blocks = Math.ceil(size / 4)
    const all = asUint32(emit, emit.value(seeds))
    const own = [0, 1, 2].map((i) =>
      emit.node('Slice', [all, emit.ints([i]), emit.ints([i + 1]), emit.ints([1])]),
    )
    const words = pcg4d(emit, [counters(emit, blocks), ...own])
    const joined = emit.node('Concat', words, { axis: { int: 1 } })
    const row =
      4 * blocks === size
        ? joined
        : emit.node('Slice', [joined, emit.ints([0]), emit.ints([size]), emit.ints([1])])
    const kept = emit.node('Less', [row, word(emit, Math.round(keep * 2 ** 32))])
    const mask = emit.node('Cast', [kept], { to: { int: FLOAT32 } })
    return emit.node('Reshape', [mask, emit.ints(shape)], { allowzero: { int: 1 } })
  },
}

/**
 * A mask of independent entries that are 1 with probability `keep` (exact to 2⁻³²) and 0 otherwise.
 *
 * @param seeds - int32 [B, 3]: three words for each row, such as those of a Philox counter
 * @param keep - in (0, 1)
 * @param event - shape of a row
 * @returns float32 [B, ...event], without gradient; row i is a function of `seeds[i]` and `event` alone
 * @throws TweedieError `shape` for seeds of another shape or dtype, and a probability out of bounds
 *
 * @example
 * ```ts
 * const thinned = (x: Tensor, seeds: Tensor) => mul(x, seededMask(seeds, 0.9, x.shape.slice(1)))
 * ```
 */
export const seededMask = (seeds: Tensor, keep: number, event: Shape): Tensor => {
  if (!(keep > 0 && keep < 1)) shapeError('seededMask', `the probability must lie in (0, 1), got ${keep}`)
  return apply(maskOp, [seeds], { keep, event: [...event] })
}
