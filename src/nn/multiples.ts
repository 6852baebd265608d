/**
 * Sides that levels do not divide. A network of several levels halves its features, so it runs over
 * multiples of a fold: x is continued with zeros, which is what its convolutions see beyond a border anyway,
 * and the output is cut to the sides of x. Nothing is added where the sides are multiples already.
 */
import { pad, type Shape, slice, type Tensor } from '../tensor/index.ts'

/** The least multiple of a fold that is no smaller than a side. */
export const multipleOf = (side: number, fold: number): number => fold * Math.ceil(side / fold)

/**
 * A network's output for x [B, C, ...space], through a run over multiples of the folds.
 *
 * @param folds - for each axis of space
 * @param run - from [B, C, ...multiples] to the same space
 */
export const onMultiples = (x: Tensor, folds: Shape, run: (x: Tensor) => Tensor): Tensor => {
  const space = x.shape.slice(2)
  const more = space.map((side, i) => multipleOf(side, folds[i]) - side)
  if (more.every((n) => n === 0)) return run(x)
  const out = run(pad(x, [0, 0, ...space.map(() => 0)], [0, 0, ...more]))
  return slice(out, [], [out.shape[0], out.shape[1], ...space])
}
