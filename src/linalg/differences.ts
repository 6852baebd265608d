/** Differences of neighbours on a grid, x [B, C, ...grid], and their transposes. */
import { add, pad, reshape, slice, stack, sub, type Tensor } from '../tensor/index.ts'

const at = (x: Tensor, axis: number, n: number): number[] => x.shape.map((_, i) => (i === axis ? n : 0))

/** All of an axis but its last entry. */
const inner = (x: Tensor, axis: number): Tensor =>
  slice(
    x,
    at(x, axis, 0),
    x.shape.map((d, i) => (i === axis ? d - 1 : d)),
  )

/** x one step further along an axis, less x; 0 at the end. */
const forward = (x: Tensor, axis: number): Tensor =>
  pad(sub(slice(x, at(x, axis, 1)), inner(x, axis)), at(x, axis, 0), at(x, axis, 1))

/** Its transpose. */
const backward = (p: Tensor, axis: number): Tensor => {
  const kept = inner(p, axis)
  return sub(pad(kept, at(p, axis, 1), at(p, axis, 0)), pad(kept, at(p, axis, 0), at(p, axis, 1)))
}

/** Axes of x [B, C, ...grid] along which there are differences. */
export const gridAxes = (x: Tensor): number[] =>
  x.shape.map((_, axis) => axis).filter((axis) => axis > 1 && x.shape[axis] > 1)

/**
 * ∇x [B, d, C, ...grid], forward differences along the d axes of the grid that have any; 0 at the far border.
 *
 * @example
 * ```ts
 * const rough = jit((images: Tensor) => sum(abs(gradient(images))))
 * ```
 */
export const gradient = (x: Tensor): Tensor =>
  stack(
    gridAxes(x).map((axis) => forward(x, axis)),
    1,
  )

/** Those of [B, d, C, ...grid] along one of the axes, like x. */
const along = (p: Tensor, d: number, x: Tensor): Tensor =>
  reshape(slice(p, [0, d], [p.shape[0], d + 1]), x.shape)

/** ∇ᵀ p like x, for p [B, d, C, ...grid]. */
export const gradientAdjoint = (p: Tensor, x: Tensor): Tensor =>
  gridAxes(x)
    .map((axis, d) => backward(along(p, d, x), axis))
    .reduce((a, b) => add(a, b))

/** The diagonal of ∇ᵀ diag(w) ∇ like x, for w ≥ 0 [B, 1, C, ...grid] or with a 1 for C: one for all axes. */
export const gradientDiagonal = (w: Tensor, x: Tensor): Tensor => {
  const of = reshape(w, [w.shape[0], ...w.shape.slice(2)])
  return gridAxes(x)
    .map((axis) => {
      const kept = inner(of, axis)
      const [zero, one] = [at(of, axis, 0), at(of, axis, 1)]
      return add(pad(kept, one, zero), pad(kept, zero, one))
    })
    .reduce((a, b) => add(a, b))
}
