import { TweedieError } from '../error.ts'
import type { Shape } from './ndarray.ts'

/** `[2, 3]` → `[2,3]`, for messages and cache keys. */
export const show = (shape: Shape): string => `[${shape.join(',')}]`

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i])

/** Fails with the op's name: every shape error goes through here. */
export const shapeError = (op: string, message: string): never => {
  throw new TweedieError('shape', `${op}: ${message}`)
}

/** Whether two shapes broadcast. */
export const broadcasts = (a: Shape, b: Shape): boolean =>
  a.every((d, i) => {
    const e = b[i - a.length + b.length] ?? 1
    return d === e || d === 1 || e === 1
  })

/** NumPy broadcasting of two shapes. */
export const broadcastShapes = (op: string, a: Shape, b: Shape): Shape => {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const da = a[i - rank + a.length] ?? 1
    const db = b[i - rank + b.length] ?? 1
    if (da !== db && da !== 1 && db !== 1) {
      return shapeError(op, `shapes ${show(a)} and ${show(b)} do not broadcast`)
    }
    return da === 1 ? db : da
  })
}

/** An axis counted from the front; negative ones count from the back. */
export const axisOf = (op: string, axis: number, rank: number): number => {
  const front = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || front < 0 || front >= rank) {
    return shapeError(op, `axis ${axis} is outside a tensor of rank ${rank}`)
  }
  return front
}

/** Axes counted from the front, ascending, without repetition; all of them when undefined. */
export const axesOf = (op: string, axes: number | readonly number[] | undefined, rank: number): number[] => {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i)
  const list = (typeof axes === 'number' ? [axes] : axes).map((a) => axisOf(op, a, rank))
  if (new Set(list).size !== list.length) shapeError(op, `repeated axis in ${show(list)}`)
  return [...list].sort((a, b) => a - b)
}
