/**
 * Random 0/1 masks that are made inside a program: a function of seeds, so they cost no memory outside, and
 * the same seeds give the same masks on every device.
 */
import type { Shape } from '../ndarray.ts'
import { emitMask, foldByBits } from '../onnx/mask.ts'
import { shapeError, show } from '../shape.ts'
import { type Attrs, apply, type Op, type Tensor } from '../tensor.ts'

interface MaskAttrs extends Attrs {
  readonly keep: number
  readonly event: readonly number[]
}

const maskOp: Op<MaskAttrs> = {
  name: 'seededMask',
  infer: ([seeds], { event }) => {
    if (seeds.dtype !== 'int32' || seeds.shape.length !== 2 || seeds.shape[1] !== 3)
      shapeError('seededMask', `expected seeds int32[B,3], got ${seeds.dtype}${show(seeds.shape)}`)
    return { dtype: 'float32', shape: [seeds.shape[0], ...event] }
  },
  grad: () => [],
  lower: ({ inputs: [seeds], attrs: { keep }, shape }, emit) =>
    emitMask({ seeds: emit.value(seeds), keep, shape }, foldByBits, emit),
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
