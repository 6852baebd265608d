/** A surface as a picture: which place of the signal each pixel shows. */
import type { Pixel } from '../../canvas/image-canvas.tsx'
import { OUTSIDE } from '../../canvas/scale.ts'

export interface Raster {
  readonly height: number
  readonly width: number
  /** [H, W]: the nearest place; −1 beside the surface. */
  readonly places: Int32Array
  /** [H, W]: light on a surface; 0 beside it. */
  readonly light?: Float32Array
  /** Signals [C, P] as [C, H, W]. What does not change is not copied. */
  readonly sample: (values: Float32Array, channels: number) => Float32Array
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
  places: Int32Array.from({ length: height * width }, (_, i) => i),
  sample: (values) => values,
  pixelOf: (place) => ({ row: Math.floor(place / width), column: place % width }),
})

/** Marks of pixels as marks of places. */
export const placesMarked = ({ places }: Raster, pixels: Uint8Array, count: number): Uint8Array => {
  const marks = new Uint8Array(count)
  pixels.forEach((mark, i) => {
    if (mark !== 0 && places[i] >= 0) marks[places[i]] = 1
  })
  return marks
}

/** Marks of places as marks of pixels. */
export const pixelsMarked = ({ places }: Raster, marks: Uint8Array): Uint8Array =>
  Uint8Array.from(places, (place) => (place >= 0 ? marks[place] : 0))
