import { asFloat32, checkFinite, readArrays, wrong } from '../../formats/index.ts'
import { NdArray, toNumbers } from '../../tensor/index.ts'

/** The points that signals [C, V] of a set lie on, in a plane or in space. */
export interface OwnMesh {
  /** [P, 2] or [P, 3], P ≤ V; entries after the last point are padding. */
  readonly points: NdArray<'float32'>
  /** [F, 3]: the triangles between them, which pictures need; networks go by the points. */
  readonly faces?: NdArray<'int32'>
}

/** Name of a set's own mesh in views and in configurations (`net: { kind: graph, mesh: own }`). */
export const OWN_MESH = 'own'

/** @throws TweedieError `input` for points that are none, and faces between points that there are not */
export const checkMesh = ({ points, faces }: OwnMesh, length: number, where: string): void => {
  const [count, axes] = points.shape
  if (points.shape.length !== 2 || (axes !== 2 && axes !== 3) || count < 2 || count > length)
    throw wrong(
      where,
      `field 'mesh.points' must be [P, 2] or [P, 3], P at most ${length}, got [${points.shape}]`,
    )
  checkFinite(points, 'mesh.points', '', where)
  if (!faces) return
  const bad = faces.data.find((i) => !(i >= 0 && i < count))
  if (faces.shape.length !== 2 || faces.shape[1] !== 3 || bad !== undefined)
    throw wrong(
      where,
      `field 'mesh.faces' must be [F, 3] of indices below ${count}, got [${faces.shape}]` +
        `${bad === undefined ? '' : ` with ${bad}`}`,
    )
}

/** Faces of any integer type. @throws TweedieError `input` for others */
export const facesOf = (array: NdArray, where: string): NdArray<'int32'> => {
  const values = toNumbers(array)
  if (values.every(Number.isInteger)) return new NdArray('int32', array.shape, Int32Array.from(values))
  throw wrong(where, `field 'mesh.faces' must be whole numbers, got ${array.dtype}`)
}

/**
 * A point cloud or a triangle mesh from a file of arrays: `points` (or `vertices`, or the only array), and
 * `faces` where there are any.
 *
 * @throws TweedieError `input` for damaged files, and files without points
 *
 * @example
 * ```ts
 * const { points } = readMesh('stations.npy') // [P, 2]
 * ```
 */
export const readMesh = (path: string): OwnMesh => {
  const arrays = readArrays(path)
  const names = Object.keys(arrays)
  const points = arrays.points ?? arrays.vertices ?? (names.length === 1 ? arrays[names[0]] : undefined)
  if (!points)
    throw wrong(path, `a mesh has 'points' (or 'vertices'), and 'faces' if any; got ${names.join(', ')}`)
  return {
    points: asFloat32(points, 'points', true, path),
    ...(arrays.faces ? { faces: facesOf(arrays.faces, path) } : {}),
  }
}

/** The points as networks take them, [P][2 or 3]. */
export const pointsOf = ({ points }: OwnMesh): readonly (readonly number[])[] => {
  const [count, axes] = points.shape
  const values = toNumbers(points)
  return Array.from({ length: count }, (_, i) => values.slice(axes * i, axes * (i + 1)))
}
