/** Masked items to learn from, wherever they are: in memory, or in a file. */
import { type NdArray, rowsAt, type Shape } from '../tensor/index.ts'

/** Items y in the units of the prior with their masks. */
export interface MaskedArrays {
  /** [N, ...event]; 0 where nothing was observed. */
  readonly y: NdArray<'float32'>
  /** 1 where y was observed, 0 elsewhere; of the shape of y, or with one channel. */
  readonly mask: NdArray<'float32'>
  /** Of the noise of each entry, over that of all: like y, 0 where nothing was observed. Absent: 1. */
  readonly variance?: NdArray<'float32'>
}

/** Items of which some are asked for at a time. */
export interface ObservedItems {
  readonly count: number
  /** Shape of one y. */
  readonly event: Shape
  /** The rows of these indices. */
  rowsAt(rows: readonly number[]): MaskedArrays | Promise<MaskedArrays>
  /** Frees what `rowsAt` has compiled. */
  release?(): Promise<void>
}

/** The same, with masks of a known shape. */
export interface MaskedItems extends ObservedItems {
  /** Shape of one mask. */
  readonly maskShape: Shape
}

/** Rows of arrays; items that are read are as they are. */
export const observedItems = (items: MaskedArrays | ObservedItems): ObservedItems => {
  if ('rowsAt' in items) return items
  const { y, mask, variance } = items
  return {
    count: y.shape[0],
    event: y.shape.slice(1),
    rowsAt: (rows) => ({
      y: rowsAt(y, rows),
      mask: rowsAt(mask, rows),
      ...(variance ? { variance: rowsAt(variance, rows) } : {}),
    }),
  }
}

/** As {@link observedItems}, with the shape of a mask. */
export const maskedItems = (items: MaskedArrays | MaskedItems): MaskedItems =>
  'rowsAt' in items ? items : { ...observedItems(items), maskShape: items.mask.shape.slice(1) }
