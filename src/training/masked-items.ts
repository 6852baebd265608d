/** Masked items to learn from, wherever they are: in memory, or in a file. */
import { type NdArray, rowsAt, type Shape } from '../tensor/index.ts'

/** Items y in the units of the prior with their masks. */
export interface MaskedArrays {
  /** [N, ...event]; 0 where nothing was observed. */
  readonly y: NdArray<'float32'>
  /** 1 where y was observed, 0 elsewhere; of the shape of y, or with one channel. */
  readonly mask: NdArray<'float32'>
}

/** Items of which some are asked for at a time. */
export interface MaskedItems {
  readonly count: number
  /** Shape of one y. */
  readonly event: Shape
  /** Shape of one mask. */
  readonly maskShape: Shape
  /** The rows of these indices. */
  rowsAt(rows: readonly number[]): MaskedArrays | Promise<MaskedArrays>
  /** Frees what `rowsAt` has compiled. */
  release?(): Promise<void>
}

/** Rows of arrays; items that are read are as they are. */
export const maskedItems = (items: MaskedArrays | MaskedItems): MaskedItems => {
  if ('rowsAt' in items) return items
  const { y, mask } = items
  return {
    count: y.shape[0],
    event: y.shape.slice(1),
    maskShape: mask.shape.slice(1),
    rowsAt: (rows) => ({ y: rowsAt(y, rows), mask: rowsAt(mask, rows) }),
  }
}
