import type { NdArray } from './decode.ts'

/** Arrays by name: of one file, or of several that were dropped together. */
export type Arrays = Readonly<Record<string, NdArray>>

/** Numbers as float32; bytes of pictures are k/255, as everywhere in this package. */
export const floats = ({ data, dtype }: NdArray): Float32Array => {
  if (data instanceof Float32Array) return data
  const scale = dtype === 'uint8' ? 1 / 255 : 1
  return Float32Array.from(data as ArrayLike<number | bigint>, (v) => scale * Number(v))
}

/** Entries of a shape. */
export const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
