import { TweedieError } from '../error.ts'
import { type Rgb, thermal } from './colormap.ts'
import { type Colouring, colourer, GREY } from './colouring.ts'
import type { Picture } from './png.ts'
import { OVERSAMPLING, painted } from './raster.ts'

/** Points on the sphere: rows from the north pole to the south pole, columns eastward from Greenwich. */
export interface GlobeGrid {
  readonly rows: number
  readonly columns: number
}

/** Options of {@link renderGlobe}. */
export interface GlobeView extends Colouring {
  /** Where the values are, default 46 rows and 90 columns: every four degrees. */
  readonly grid?: GlobeGrid
  /** Width and height in pixels, default 512. */
  readonly size?: number
  /** Degrees north and east of the point nearest to the viewer, default 15 and 0. */
  readonly latitude?: number
  readonly longitude?: number
  /** Share of the picture left free on each side, default 0.02. */
  readonly margin?: number
  /** Darker towards the edge, with a line every 30 degrees (default), or plain colours. */
  readonly shaded?: boolean
  /** Default white. */
  readonly background?: Rgb
}

/** Every four degrees, both poles included. */
const GRID: GlobeGrid = { rows: 46, columns: 90 }

const WHITE: Rgb = [1, 1, 1]

const radians = (degrees: number) => (degrees * Math.PI) / 180
const degrees = (angle: number) => (angle * 180) / Math.PI

/**
 * Bilinear on the grid, periodic in longitude; NaN (or outside) where the nearest point is, others without a
 * value left out.
 */
const sampled = (
  field: ArrayLike<number>,
  { rows, columns }: GlobeGrid,
  latitude: number,
  longitude: number,
): number => {
  const [down, right] = [180 / (rows - 1), 360 / columns]
  const [i, j] = [(90 - latitude) / down, (((longitude % 360) + 360) % 360) / right]
  const [top, left] = [Math.min(rows - 2, Math.floor(i)), Math.floor(j) % columns]
  const [a, b] = [i - top, j - Math.floor(j)]
  const at = (row: number, column: number) => field[(top + row) * columns + ((left + column) % columns)]
  const nearest = at(Math.round(a), Math.round(b))
  if (!Number.isFinite(nearest)) return nearest
  let [sum, total] = [0, 0]
  for (let corner = 0; corner < 4; corner++) {
    const [row, column] = [corner >> 1, corner & 1]
    const value = at(row, column)
    if (!Number.isFinite(value)) continue
    const weight = (row ? a : 1 - a) * (column ? b : 1 - b)
    sum += weight * value
    total += weight
  }
  return sum / total
}

/** 1, and less within about a pixel of a meridian or parallel of 30 degrees. */
const graticule = (latitude: number, longitude: number, pixel: number): number => {
  const off = (angle: number) => Math.abs(angle - 30 * Math.round(angle / 30))
  const width = degrees(pixel)
  const parallel = off(latitude) < 0.6 * width
  const meridian = Math.abs(latitude) < 75 && off(longitude) * Math.cos(radians(latitude)) < 0.6 * width
  return parallel || meridian ? 0.86 : 1
}

/** Light on the globe at a point of the unit disc and its height: from above left, fading to the edge. */
const lightAt = (x: number, y: number, z: number): number =>
  0.5 + 0.5 * Math.min(1, Math.max(0, 0.92 * z + 0.22 * y - 0.18 * x))

/**
 * A field on the sphere as a globe from afar (orthographic projection).
 *
 * @param field - the grid row by row; what follows it, padding, is ignored; NaN and OUTSIDE are drawn grey
 * @returns [3, size, size].
 * @throws TweedieError `shape` for fewer values.
 * @example
 * ```ts
 * const winds = loadWinds('test')
 * const globe = renderGlobe(winds.data.subarray(0, 4140), { size: 256, longitude: 200 })
 * ```
 */
export const renderGlobe = (field: ArrayLike<number>, options: GlobeView = {}): Picture => {
  const {
    grid = GRID,
    size = 512,
    latitude = 15,
    longitude = 0,
    margin = 0.02,
    shaded = true,
    background = WHITE,
  } = options
  const points = grid.rows * grid.columns
  if (field.length < points)
    throw new TweedieError('shape', `globe: ${field.length} values for ${points} points`)
  const wide = size * OVERSAMPLING
  const radius = wide * (0.5 - margin)
  const pixel = OVERSAMPLING / radius
  const colour = colourer({ colormap: thermal, missing: GREY, ...options })
  const [cosine, sine] = [Math.cos(radians(latitude)), Math.sin(radians(latitude))]
  return painted(size, (row, column, paint) => {
    const [x, y] = [(column + 0.5 - wide / 2) / radius, (wide / 2 - row - 0.5) / radius]
    if (x * x + y * y >= 1) return paint.set(background)
    // inverse orthographic projection (J. P. Snyder, "Map Projections: A Working Manual", 1987, p. 150)
    const z = Math.sqrt(1 - x * x - y * y)
    const north = degrees(Math.asin(Math.max(-1, Math.min(1, z * sine + y * cosine))))
    const east = longitude + degrees(Math.atan2(x, z * cosine - y * sine))
    const light = shaded ? lightAt(x, y, z) * graticule(north, east, pixel) : 1
    colour(sampled(field, grid, north, east), light, paint)
  })
}
