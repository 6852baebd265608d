/** Arrays on their way between threads, which is structured cloning. */
import { NdArray } from '../ndarray.ts'

type Arrays = Readonly<Record<string, NdArray>>

const mapped = (arrays: Arrays, fn: (array: NdArray) => NdArray): Record<string, NdArray> =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, fn(array)]))

/** Cloning a view copies all of the memory that it looks into: cut views out first. */
export const compact = (arrays: Arrays): Record<string, NdArray> =>
  mapped(arrays, (array) => {
    const { dtype, shape, data } = array
    return data.byteLength === data.buffer.byteLength ? array : new NdArray(dtype, shape, data.slice())
  })

/** Cloning drops the class of an array: put it back. */
export const revive = (arrays: Arrays): Record<string, NdArray> =>
  mapped(arrays, ({ dtype, shape, data }) => new NdArray(dtype, shape, data))
