/** Points without faces, each as a disc. */
import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/index.ts'
import { clay, type Rgb, unobservedColor } from './colormap.ts'
import { colourer } from './colouring.ts'
import { inPixels, inView, type MeshView } from './mesh-render.ts'
import type { Picture } from './png.ts'
import { OVERSAMPLING, painted } from './raster.ts'

const WHITE: Rgb = [1, 1, 1]

/** Radius of a disc: so large that as many discs on a square of this size nearly touch. */
const radiusOf = (count: number, wide: number): number =>
  Math.max(1.5 * OVERSAMPLING, Math.min(0.04 * wide, (0.45 * wide) / Math.sqrt(count)))

/** The point that each place shows, −1 where there is none; nearer ones hide those behind. */
const owners = (pixels: Float64Array, wide: number): Int32Array => {
  const owner = new Int32Array(wide * wide).fill(-1)
  const depth = new Float64Array(wide * wide).fill(Number.NEGATIVE_INFINITY)
  const radius = radiusOf(pixels.length / 3, wide)
  for (let p = 0; 3 * p < pixels.length; p++) {
    const [x, y, z] = pixels.subarray(3 * p, 3 * p + 3)
    const rows = [Math.max(0, Math.ceil(y - radius)), Math.min(wide - 1, Math.floor(y + radius))]
    const columns = [Math.max(0, Math.ceil(x - radius)), Math.min(wide - 1, Math.floor(x + radius))]
    for (let i = rows[0]; i <= rows[1]; i++) {
      for (let j = columns[0]; j <= columns[1]; j++) {
        const at = i * wide + j
        if ((i - y) ** 2 + (j - x) ** 2 > radius ** 2 || z <= depth[at]) continue
        depth[at] = z
        owner[at] = p
      }
    }
  }
  return owner
}

/**
 * Points from afar (orthographic projection), coloured by their values; NaN in the colour of what is missing.
 *
 * @param points - [P, 3]
 * @param values - [P] or more (padding is ignored)
 * @returns [3, size, size].
 * @throws TweedieError `shape` for fewer values than points.
 * @example
 * ```ts
 * const picture = renderCloud(ndarray([0, 0, 0, 1, 1, 0], [2, 3]), [0.2, 0.8], { size: 64 })
 * ```
 */
export const renderCloud = (
  points: NdArray<'float32'>,
  values: ArrayLike<number>,
  options: Omit<MeshView, 'shaded'> = {},
): Picture => {
  const { size = 512, view = {}, margin = 0.06, background = WHITE } = options
  const { colormap = clay, range = [0, 1], missing = unobservedColor, outside } = options
  if (values.length < points.shape[0])
    throw new TweedieError('shape', `render: ${values.length} values for ${points.shape[0]} points`)
  const wide = size * OVERSAMPLING
  const owner = owners(inPixels(inView(points, view), wide, margin), wide)
  const colour = colourer({ colormap, range, missing, ...(outside ? { outside } : {}) })
  return painted(size, (row, column, paint) => {
    const p = owner[row * wide + column]
    if (p < 0) return paint.set(background)
    colour(values[p], 1, paint)
  })
}
