import { TweedieError } from '../error.ts'
import { full, NdArray } from '../tensor/ndarray.ts'

/**
 * Data on points, [N, C, V]: a mesh or the sphere as the list of its vertices. Networks over the list halve
 * its length three times, so V is the number of points rounded up to a multiple of 8: the vertices after the
 * last point are 0 and are never observed.
 */

/**
 * Points with zero vertices after the last.
 *
 * @param x [..., P].
 * @param length V ≥ P.
 * @returns [..., V].
 * @throws TweedieError `shape` when there are more points.
 * @example
 * ```ts
 * padPoints(ndarray([1, 2, 3], [1, 1, 3]), 8) // [1, 1, 8]: 1, 2, 3, 0, 0, 0, 0, 0
 * ```
 */
export const padPoints = (x: NdArray<'float32'>, length: number): NdArray<'float32'> => {
  const points = x.shape[x.shape.length - 1]
  if (!(length >= points))
    throw new TweedieError('shape', `padPoints: ${points} points do not fit in ${length} vertices`)
  const lists = x.size / points
  const data = new Float32Array(lists * length)
  for (let i = 0; i < lists; i++) data.set(x.data.subarray(i * points, (i + 1) * points), i * length)
  return new NdArray('float32', [...x.shape.slice(0, -1), length], data)
}

/** [V]: 1 for the points, 0 for the vertices after them. */
export const firstPoints = (points: number, length: number): NdArray<'float32'> => {
  const valid = full([length], 0)
  valid.data.fill(1, 0, points)
  return valid
}

/**
 * The points that there are, without padding (or land): what figures of merit should be taken of.
 *
 * @param x [..., V], or images [..., H, W].
 * @param valid [V], or [H, W]: the last axes, 1 where there is a point, as {@link CleanData} tells.
 * @returns [..., P], P the number of ones.
 * @throws TweedieError `shape` when the last axes differ.
 * @example
 * ```ts
 * const { valid } = await readClean('bunny-mnist')
 * const vertices = valid && selectPoints(draws, valid)
 * ```
 */
export const selectPoints = (x: NdArray<'float32'>, valid: NdArray<'float32'>): NdArray<'float32'> => {
  const axes = valid.shape.length
  if (String(x.shape.slice(-axes)) !== String(valid.shape))
    throw new TweedieError('shape', `selectPoints: x [${x.shape}] and there [${valid.shape}] do not fit`)
  const places = Array.from(valid.data.keys()).filter((v) => valid.data[v] !== 0)
  const lists = x.size / valid.size
  const data = new Float32Array(lists * places.length)
  for (let i = 0; i < lists; i++)
    for (let p = 0; p < places.length; p++) data[i * places.length + p] = x.data[i * valid.size + places[p]]
  return new NdArray('float32', [...x.shape.slice(0, -axes), places.length], data)
}
