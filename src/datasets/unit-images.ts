import { NdArray, type Shape } from '../tensor/ndarray.ts'

/** Bytes of pictures as values k / 255 in [0, 1]: batches of one event shape, one after the other. */
export const unitImages = (batches: readonly NdArray<'uint8'>[], event?: Shape): NdArray<'float32'> => {
  const count = batches.reduce((sum, { shape }) => sum + shape[0], 0)
  const data = new Float32Array(batches.reduce((sum, { size }) => sum + size, 0))
  let at = 0
  for (const { data: bytes } of batches) for (let i = 0; i < bytes.length; i++) data[at++] = bytes[i] / 255
  return new NdArray('float32', [count, ...(event ?? batches[0].shape.slice(1))], data)
}
