import { NdArray } from '../ndarray.ts'

/** Structured cloning between threads drops the class of an array: put it back. */
export const revive = (arrays: Readonly<Record<string, NdArray>>): Record<string, NdArray> =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, { dtype, shape, data }]) => [name, new NdArray(dtype, shape, data)]),
  )
