import type { Mesh } from '../datasets/index.ts'
import { TweedieError } from '../error.ts'
import { NdArray } from '../tensor/index.ts'
import { renderCloud } from './cloud.ts'
import { ember, unobservedColor } from './colormap.ts'
import { type Colouring, OUTSIDE } from './colouring.ts'
import { type GlobeView, renderGlobe } from './globe.ts'
import { type MeshView, renderMesh } from './mesh-render.ts'
import type { Picture } from './png.ts'
import {
  type PlacedPoints,
  paintedStrips,
  type Restoration,
  type StripOptions,
  type Strips,
  topOf,
} from './strip.ts'

/** A picture of values at points; the colours of one picture can be other than those of all. */
export type PointRenderer = (values: ArrayLike<number>, colouring?: Colouring) => Picture

/** Pictures of values on a mesh, always from the same side. `meshRenderer(loadBunny(), { size: 168 })` */
export const meshRenderer =
  (mesh: Mesh, view: MeshView = {}): PointRenderer =>
  (values, colouring) =>
    renderMesh(mesh, values, { ...view, ...colouring })

/** Points of a plane in space. */
const inSpace = (points: NdArray<'float32'>): NdArray<'float32'> => {
  const [count, axes] = points.shape
  if (axes === 3) return points
  const data = Float32Array.from({ length: 3 * count }, (_, i) =>
    i % 3 === 2 ? 0 : points.data[2 * Math.floor(i / 3) + (i % 3)],
  )
  return new NdArray('float32', [count, 3], data)
}

/** Pictures of values on points of one's own: a surface where there are triangles, else discs. */
export const placedRenderer = ({ points, faces }: PlacedPoints, view: MeshView = {}): PointRenderer => {
  const vertices = inSpace(points)
  if (faces) return meshRenderer({ vertices, faces }, view)
  return (values, colouring) => renderCloud(vertices, values, { ...view, ...colouring })
}

/**
 * Pictures of values on the sphere, always from the same side.
 * `globeRenderer({ size: 168, longitude: 200 })`
 */
export const globeRenderer =
  (view: GlobeView = {}): PointRenderer =>
  (values, colouring) =>
    renderGlobe(values, { ...view, ...colouring })

/** Item `index` of arrays [..., 1, V]; NaN where one of the masks is 0. */
const valuesAt = (
  array: NdArray,
  index: number,
  masks: readonly (ArrayLike<number> | undefined)[],
): Float32Array => {
  const length = array.shape[array.shape.length - 1]
  const values = Float32Array.from({ length }, (_, v) => Number(array.data[index * length + v]))
  return values.map((value, v) => (masks.some((mask) => mask?.[v] === 0) ? Number.NaN : value))
}

/** Values where there are points, and {@link OUTSIDE} elsewhere. */
const inDomain = (values: Float32Array, valid: NdArray | undefined): Float32Array =>
  valid ? values.map((value, v) => (Number(valid.data[v]) === 0 ? OUTSIDE : value)) : values

/**
 * The first `count` items of values on points [..., 1, V].
 *
 * @param masks - [V] or [..., 1, V] each: nothing is shown where one of them is 0
 * @param range - values of the ends of the colours, default [0, 1]
 *
 * @example
 * ```ts
 * const rows = pointPictures(truth, 4, globeRenderer({ size: 112 }), [sphereValid()])
 * ```
 */
export const pointPictures = (
  array: NdArray,
  count: number,
  render: PointRenderer,
  masks: readonly (NdArray | undefined)[] = [],
  range: readonly [low: number, high: number] = [0, 1],
): Picture[] => {
  const length = array.shape[array.shape.length - 1]
  const maskAt = (mask: NdArray, index: number) => valuesAt(mask, mask.size === length ? 0 : index, [])
  return Array.from({ length: count }, (_, i) =>
    render(
      valuesAt(
        array,
        i,
        masks.map((mask) => mask && maskAt(mask, i)),
      ),
      { range },
    ),
  )
}

/**
 * Pictures of restored values on a mesh or the sphere: observation, mean, a few draws, spread, what others
 * made of it, truth, one row an item. Arrays are [N, 1, V] where those of images are [N, C, H, W].
 *
 * @throws TweedieError `shape` when arrays do not fit or have more than one value at a point
 *
 * @example
 * ```ts
 * const restoration = { y, mask, draws, mean, std, truth, valid: bunnyValid() }
 * const rows = pointStrips(restoration, meshRenderer(loadBunny(), { size: 168 }))
 * ```
 */
export const pointStrips = (
  restoration: Restoration,
  render: PointRenderer,
  options: StripOptions = {},
): Strips => {
  const { y, mask, mean, std, valid, range = [0, 1] } = restoration
  const length = mean.shape[mean.shape.length - 1]
  const fits = (array: NdArray | undefined) => !array || array.size === mean.size
  if (mean.size !== mean.shape[0] * length || !fits(y) || !fits(mask) || (valid && valid.size !== length))
    throw new TweedieError(
      'shape',
      `strips: expected y, mask and mean [N, 1, V], ` +
        `got y [${y.shape}], mask [${mask?.shape}], mean [${mean.shape}]`,
    )
  const spreadTop = std && topOf(std, valid)
  const painted = (values: Float32Array, colouring: Colouring) => render(inDomain(values, valid), colouring)
  return {
    ...paintedStrips(restoration, options, {
      observed: (i) =>
        painted(valuesAt(y, i, [mask && valuesAt(mask, i, [])]), { range, missing: unobservedColor }),
      value: (array, index) => painted(valuesAt(array, index, []), { range }),
      spread: (i) => painted(valuesAt(std ?? y, i, []), { range: [0, spreadTop ?? 1], colormap: ember }),
    }),
    spreadTop,
  }
}
