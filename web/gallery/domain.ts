/** Where the values of a signal lie: on the pixels of an image, or at points in space. */
import type { Look } from '../posterior/draws.ts'
import { lookOfPoints } from '../posterior/look-of-points.ts'

export type Domain =
  | { readonly kind: 'image'; readonly channels: number; readonly height: number; readonly width: number }
  | {
      readonly kind: 'points'
      /** [N, 3]. */
      readonly coordinates: Float32Array
      /** [F, 3], of a mesh; without them the points lie on the unit sphere. */
      readonly faces?: Uint32Array
    }

/** Number of places: pixels, or points. */
export const placesIn = (domain: Domain): number =>
  domain.kind === 'image' ? domain.height * domain.width : domain.coordinates.length / 3

/** Whether values are colours. */
export const inColour = (domain: Domain): boolean => domain.kind === 'image' && domain.channels === 3

/** Axes of one signal: [C, H, W], or [1, N]. */
export const shapeIn = (domain: Domain): readonly number[] =>
  domain.kind === 'image' ? [domain.channels, domain.height, domain.width] : [1, placesIn(domain)]

export const lookIn = (domain: Domain): Look =>
  domain.kind === 'image' ? domain : lookOfPoints(1, domain.coordinates, domain.faces)
