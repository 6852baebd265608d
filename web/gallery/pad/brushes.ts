/** The brush of each kind of domain: in which sizes it comes, and what it paints. */
import { between } from '../../canvas/between.ts'
import type { Pixel } from '../../canvas/pixel.ts'
import { placeAt, type Raster } from '../../look/rasters/raster.ts'
import type { Domain } from '../domain.ts'
import { stroke } from './brush.ts'
import { pointStroke } from './point-brush.ts'

/** A brush in the hand, drawn from one pixel of a picture to another. */
interface Painting {
  readonly raster: Raster
  readonly from: Pixel
  readonly to: Pixel
  /** Diameter, in the brush's own units. */
  readonly size: number
  /** Whether it restores or erases. */
  readonly seen: boolean
}

export interface Brush {
  /** Diameters that it comes in, and the first. */
  readonly sizes: {
    readonly min: number
    readonly max: number
    readonly step: number
    readonly first: number
  }
  readonly words: (size: number) => string
  /** The mask after it was drawn. */
  readonly paint: (mask: Float32Array, painting: Painting) => Float32Array
}

const centre = ({ row, column }: Pixel) => ({ row: row + 0.5, column: column + 0.5 })

const onImage = (size: { readonly height: number; readonly width: number }): Brush => ({
  sizes: { min: 1, max: 12, step: 1, first: 4 },
  words: (size) => `${size} px`,
  paint: (mask, { from, to, size: diameter, seen }) =>
    stroke(mask, size, { from: centre(from), to: centre(to), radius: diameter / 2, seen }),
})

/** @param radiusOf - straight, in the units of the coordinates, of a diameter */
const onPoints = (coordinates: Float32Array, radiusOf: (size: number) => number): Pick<Brush, 'paint'> => ({
  paint: (mask, { raster, from, to, size, seen }) => {
    const over = new Set(between(from, to).map((pixel) => placeAt(raster, pixel)))
    over.delete(-1)
    return pointStroke(mask, coordinates, { over: [...over], radius: radiusOf(size), seen })
  },
})

/** The chord of half of an angle. */
const chordOf = (diameter: number): number => 2 * Math.sin((diameter / 4) * (Math.PI / 180))

/** Longest side of the box around points. */
const lengthOf = (coordinates: Float32Array): number => {
  const sides = [0, 1, 2].map((axis) => {
    const along = coordinates.filter((_, i) => i % 3 === axis)
    return along.reduce((a, b) => Math.max(a, b)) - along.reduce((a, b) => Math.min(a, b))
  })
  return Math.max(...sides)
}

export const brushOf = (domain: Domain): Brush => {
  if (domain.kind === 'image') return onImage(domain)
  const { coordinates, faces } = domain
  if (!faces)
    return {
      sizes: { min: 4, max: 60, step: 2, first: 24 },
      words: (size) => `${size}°`,
      ...onPoints(coordinates, chordOf),
    }
  const length = lengthOf(coordinates)
  return {
    sizes: { min: 2, max: 40, step: 1, first: 12 },
    words: (size) => `${size} %`,
    ...onPoints(coordinates, (size) => (size / 200) * length),
  }
}
