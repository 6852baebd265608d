/** Where points lie, as arrays of a file: what `examples.npz` and the files that the page saves say of it. */
import { NdArray } from 'tweedie/tensor'
import type { Domain } from './domain.ts'

/** `coordinates` float32 [N, 3] of points, and of a mesh `faces` int32 [F, 3]; nothing of images. */
export const placeArrays = (domain: Domain): Record<string, NdArray> => {
  if (domain.kind === 'image') return {}
  const { coordinates, faces } = domain
  return {
    coordinates: new NdArray('float32', [coordinates.length / 3, 3], coordinates),
    ...(faces ? { faces: new NdArray('int32', [faces.length / 3, 3], Int32Array.from(faces)) } : {}),
  }
}
