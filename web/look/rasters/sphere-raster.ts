/** The sphere as a map (Equal Earth: areas are true) or as a lit globe. */
import { type GeoProjection, geoEqualEarth, geoGraticule, geoOrthographic, geoPath } from 'd3-geo'
import type { Look } from '../../posterior/draws.ts'
import { nearestPlace } from './nearest-place.ts'
import { nearestSample, pixelsOf, type Raster } from './raster.ts'
import type { RasterMaker, Turn } from './rasters.ts'

type Sphere = Extract<Look, { readonly kind: 'sphere' }>

const MAP = { width: 400, height: 196 } as const
const GLOBE = 280

const graticule = geoGraticule().step([30, 30])()

/** As `renderGlobe` of the reports has it: from above left, fading to the edge. */
const lightAt = (x: number, y: number, z: number): number =>
  0.5 + 0.5 * Math.min(1, Math.max(0, 0.92 * z + 0.22 * y - 0.18 * x))

const projectionOf = ({ azimuth, elevation, globe }: Turn, detail: number) => {
  const [width, height] = (globe ? [GLOBE, GLOBE] : [MAP.width, MAP.height]).map((side) =>
    Math.round(detail * side),
  )
  const own: GeoProjection = globe
    ? geoOrthographic().rotate([-azimuth, -elevation])
    : geoEqualEarth().rotate([-azimuth, 0])
  return {
    width,
    height,
    projection: own.fitExtent(
      [
        [1, 1],
        [width - 1, height - 1],
      ],
      { type: 'Sphere' },
    ),
  }
}

/** Whether a pixel shows the sphere: inverse projections answer beside it too. */
const shows = (projection: GeoProjection, at: [number, number], place: [number, number]): boolean => {
  const back = projection(place)
  return back !== null && Math.hypot(back[0] - at[0], back[1] - at[1]) < 0.5
}

export const sphereRaster = ({ latitude, longitude, count }: Sphere, detail = 1): RasterMaker => {
  const nearest = nearestPlace(latitude, longitude)
  return (turn): Raster => {
    const { width, height, projection } = projectionOf(turn, detail)
    const places = new Int32Array(width * height).fill(-1)
    const light = new Float32Array(width * height)
    const radius = projection.scale()
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const at: [number, number] = [column + 0.5, row + 0.5]
        const [x, y] = [(at[0] - width / 2) / radius, (height / 2 - at[1]) / radius]
        if (turn.globe && x * x + y * y >= 1) continue
        const place = projection.invert?.(at)
        if (!place?.every(Number.isFinite) || (!turn.globe && !shows(projection, at, place))) continue
        const i = row * width + column
        places[i] = nearest(place[1], place[0])
        light[i] = turn.globe ? lightAt(x, y, Math.sqrt(1 - x * x - y * y)) : 1
      }
    return {
      width,
      height,
      places,
      light,
      lines: geoPath(projection)(graticule) ?? '',
      sample: nearestSample(places, count),
      pixelOf: pixelsOf(places, width, count),
    }
  }
}
