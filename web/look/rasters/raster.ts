/** A surface as a picture: which place of the signal each pixel shows. */
import type { Pixel } from '../../canvas/pixel.ts'
import { OUTSIDE } from '../../canvas/scale.ts'

export interface Raster {
  readonly height: number
  readonly width: number
  /** [H, W]: the nearest place; −1 beside the surface. */
  readonly places: Int32Array
  /** Every pixel is the place of its index. */
  readonly plain?: true
  /** [H, W]: light on a surface; 0 beside it. */
  readonly light?: Float32Array
  /** Signals [C, P] as [C, H, W]. What does not change is not copied. */
  readonly sample: (values: Float32Array, channels: number) => Float32Array
  /** Lines on it, the path of an SVG in pixels. */
  readonly lines?: string
  /** A pixel of a place; undefined on the far side. */
  readonly pixelOf: (place: number) => Pixel | undefined
}

/** What outside of the domain is no value. */
export const withDomain = (values: Float32Array, domain: Uint8Array | undefined): Float32Array =>
  domain ? values.map((v, i) => (domain[i % domain.length] === 0 ? OUTSIDE : v)) : values

/** An image is its own picture. */
export const imageRaster = (height: number, width: number): Raster => ({
  height,
  width,
  places: new Int32Array(height * width).map((_, i) => i),
  plain: true,
  sample: (values) => values,
  pixelOf: (place) => ({ row: Math.floor(place / width), column: place % width }),
})

/** Marks of pixels as marks of places. */
export const placesMarked = ({ places, plain }: Raster, pixels: Uint8Array, count: number): Uint8Array => {
  if (plain) return pixels
  const marks = new Uint8Array(count)
  pixels.forEach((mark, i) => {
    if (mark !== 0 && places[i] >= 0) marks[places[i]] = 1
  })
  return marks
}

/** Marks of places as marks of pixels. */
export const pixelsMarked = ({ places, plain }: Raster, marks: Uint8Array): Uint8Array =>
  plain ? marks : new Uint8Array(places.length).map((_, i) => (places[i] >= 0 ? marks[places[i]] : 0))

/** A pixel for each place that is seen: one in the middle of its pixels. */
export const pixelsOf = (places: Int32Array, width: number, count: number): Raster['pixelOf'] => {
  const [rows, columns, counts] = [new Float64Array(count), new Float64Array(count), new Uint32Array(count)]
  places.forEach((place, i) => {
    if (place < 0) return
    rows[place] += Math.floor(i / width)
    columns[place] += i % width
    counts[place]++
  })
  return (place) =>
    counts[place] > 0
      ? { row: Math.round(rows[place] / counts[place]), column: Math.round(columns[place] / counts[place]) }
      : undefined
}

/** Values of the nearest places; what is beside the surface is outside. */
export const nearestSample =
  (places: Int32Array, count: number): Raster['sample'] =>
  (values, channels) => {
    const out = new Float32Array(channels * places.length)
    for (let c = 0; c < channels; c++)
      places.forEach((place, i) => {
        out[c * places.length + i] = place < 0 ? OUTSIDE : values[c * count + place]
      })
    return out
  }

/** The place at a pixel; −1 beside the surface. */
export const placeAt = ({ places, width }: Raster, { row, column }: Pixel): number =>
  places[row * width + column]

/** The place that a step of the keys comes to: another one, where several pixels show the same. */
export const nextPlace = (raster: Raster, from: Pixel, to: Pixel): number => {
  const [down, right] = [Math.sign(to.row - from.row), Math.sign(to.column - from.column)]
  const start = placeAt(raster, from)
  let { row, column } = to
  while (row >= 0 && row < raster.height && column >= 0 && column < raster.width) {
    const place = placeAt(raster, { row, column })
    if (place >= 0 && place !== start) return place
    if (down === 0 && right === 0) break
    row += down
    column += right
  }
  return start
}
