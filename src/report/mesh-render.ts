import type { Mesh } from '../datasets/index.ts'
import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/index.ts'
import { clay, type Rgb, unobservedColor } from './colormap.ts'
import { type Colouring, colourer } from './colouring.ts'
import type { Picture } from './png.ts'
import { OVERSAMPLING, painted, visibleFaces } from './raster.ts'

/** Options of {@link renderMesh}. */
export interface MeshView extends Colouring {
  /** Width and height in pixels, default 512. */
  readonly size?: number
  /** Degrees: the viewer walks to the right around the vertical axis, and upwards; default 0, 0: from +z. */
  readonly view?: { readonly azimuth?: number; readonly elevation?: number }
  /** Share of the picture left free on each side, default 0.04. */
  readonly margin?: number
  /** Light from above left (default), or plain colours. */
  readonly shaded?: boolean
  /** Default white. */
  readonly background?: Rgb
}

const AMBIENT = 0.42
const LIGHT = [-0.408, 0.612, 0.678] as const
const WHITE: Rgb = [1, 1, 1]

const radians = (degrees: number) => (degrees * Math.PI) / 180

/** Vertices in the viewer's axes: right, up, towards the viewer. */
export const inView = (
  { data }: NdArray<'float32'>,
  { azimuth = 0, elevation = 0 }: NonNullable<MeshView['view']>,
) => {
  const [ca, sa, ce, se] = [azimuth, elevation].map(radians).flatMap((t) => [Math.cos(t), Math.sin(t)])
  const turned = new Float64Array(data.length)
  for (let v = 0; v < data.length; v += 3) {
    const [x, y, z] = [data[v], data[v + 1], data[v + 2]]
    const forward = sa * x + ca * z
    turned[v] = ca * x - sa * z
    turned[v + 1] = ce * y - se * forward
    turned[v + 2] = se * y + ce * forward
  }
  return turned
}

/** The same in pixels, y down, centred, as large as the margin allows. */
export const inPixels = (turned: Float64Array, size: number, margin: number): Float64Array => {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  turned.forEach((value, i) => {
    if (i % 3 === 2) return
    low[i % 3] = Math.min(low[i % 3], value)
    high[i % 3] = Math.max(high[i % 3], value)
  })
  const scale = (size * (1 - 2 * margin)) / (Math.max(high[0] - low[0], high[1] - low[1]) || 1)
  return turned.map((value, i) => {
    if (i % 3 === 2) return scale * value
    const offset = scale * (value - (low[i % 3] + high[i % 3]) / 2)
    return size / 2 + (i % 3 === 0 ? offset : -offset)
  })
}

/**
 * Normals of vertices [3 V]: those of the triangles around, by area, all turned to the viewer
 * (scans have some inside out).
 */
export const normalsOf = (turned: Float64Array, { data: faces }: NdArray<'int32'>): Float64Array => {
  const normals = new Float64Array(turned.length)
  for (let f = 0; f < faces.length; f += 3) {
    const [a, b, c] = [3 * faces[f], 3 * faces[f + 1], 3 * faces[f + 2]]
    const [u, v] = [b, c].map((corner) => [0, 1, 2].map((k) => turned[corner + k] - turned[a + k]))
    const cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
    for (const corner of [a, b, c]) for (let k = 0; k < 3; k++) normals[corner + k] += cross[k]
  }
  return normals
}

/** Light on a point with a normal (H. Gouraud's diffuse term, at every pixel): 1 facing the light. */
export const lightOn = (x: number, y: number, z: number): number => {
  const length = Math.sqrt(x * x + y * y + z * z) || 1
  const side = z < 0 ? -1 : 1
  const cosine = (side * (x * LIGHT[0] + y * LIGHT[1] + z * LIGHT[2])) / length
  return AMBIENT + (1 - AMBIENT) * Math.max(0, cosine)
}

const weightOf = (value: number, weight: number): number => (Number.isFinite(value) ? weight : 0)

/** 0 where there is no value, which then has no weight. */
const finite = (value: number): number => (Number.isFinite(value) ? value : 0)

/** The value between three corners: NaN where the nearest has none, else the mean of those that have. */
const between = (p: number, q: number, r: number, a: number, b: number, c: number): number => {
  const nearest = a >= b && a >= c ? p : b >= c ? q : r
  if (!Number.isFinite(nearest)) return nearest
  const [u, v, w] = [weightOf(p, a), weightOf(q, b), weightOf(r, c)]
  return (u * finite(p) + v * finite(q) + w * finite(r)) / (u + v + w)
}

const checked = ({ vertices }: Mesh, values: ArrayLike<number>): void => {
  if (values.length >= vertices.shape[0]) return
  throw new TweedieError('shape', `render: ${values.length} values for ${vertices.shape[0]} vertices`)
}

/**
 * A mesh from afar (orthographic projection), coloured by a value at each vertex.
 *
 * @param values [V] or more (padding is ignored); NaN is drawn in the colour of what is missing, up to
 *   half-way to the next vertex.
 * @returns [3, size, size].
 * @throws TweedieError `shape` for fewer values than vertices.
 * @example
 * ```ts
 * const bunny = renderMesh(loadBunny(), samples.data.subarray(0, 1889), { size: 256 })
 * writeAtomic('bunny.png', pngOf(bunny))
 * ```
 */
export const renderMesh = (mesh: Mesh, values: ArrayLike<number>, options: MeshView = {}): Picture => {
  const { size = 512, view = {}, margin = 0.04, shaded = true, background = WHITE } = options
  const { colormap = clay, range = [0, 1], missing = unobservedColor } = options
  checked(mesh, values)
  const wide = size * OVERSAMPLING
  const turned = inView(mesh.vertices, view)
  const normals = normalsOf(turned, mesh.faces)
  const { face, second, third } = visibleFaces(inPixels(turned, wide, margin), mesh.faces, wide)
  const colour = colourer({ colormap, range, missing })
  const corners = mesh.faces.data
  return painted(size, (row, column, paint) => {
    const at = row * wide + column
    if (face[at] < 0) return paint.set(background)
    const [p, q, r] = [corners[3 * face[at]], corners[3 * face[at] + 1], corners[3 * face[at] + 2]]
    const [b, c] = [second[at], third[at]]
    const a = 1 - b - c
    const normal = (k: 0 | 1 | 2) => a * normals[3 * p + k] + b * normals[3 * q + k] + c * normals[3 * r + k]
    const light = shaded ? lightOn(normal(0), normal(1), normal(2)) : 1
    colour(between(values[p], values[q], values[r], a, b, c), light, paint)
  })
}
