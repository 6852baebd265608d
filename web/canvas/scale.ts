/** How values become colours. */
import {
  type Colormap,
  clay,
  ember,
  type Rgb,
  rgbOf,
  thermal,
  unobservedColor,
} from '../../src/report/colormap.ts'

const grey: Colormap = (t) => {
  const shade = Math.min(1, Math.max(0, t))
  return [shade, shade, shade]
}

/** Blue through white to red, for z-scores and components: white in the middle means nothing. */
export const maps = { grey, ember, thermal, clay } as const satisfies Readonly<Record<string, Colormap>>

/** Name of a colour map. */
export type MapName = keyof typeof maps

/** Colours of values between two ends. */
export interface ColourScale {
  readonly low: number
  readonly high: number
  readonly map: MapName
  /** Values below it are dimmed. */
  readonly threshold?: number
}

/** What is no part of the data: land, background. */
export const OUTSIDE = Number.NEGATIVE_INFINITY

/** How much of its colour a dimmed pixel keeps. */
export const DIMMED = 0.28

/** Colour of what was not observed (NaN), of what is outside. */
export const missing: Rgb = unobservedColor
export const outside: Rgb = rgbOf('#b8b8b5')

/** Colours of a map in the table. */
export const SHADES = 256

const tables = new Map<MapName, Uint8Array>()

/** The colours of a map, [SHADES, 4] in 0 … 255: the same for every painter. */
export const tableOf = (name: MapName): Uint8Array => {
  const known = tables.get(name)
  if (known) return known
  const table = new Uint8Array(4 * SHADES)
  for (let k = 0; k < SHADES; k++) {
    const [r, g, b] = maps[name](k / (SHADES - 1))
    table.set([Math.round(255 * r), Math.round(255 * g), Math.round(255 * b), 255], 4 * k)
  }
  tables.set(name, table)
  return table
}
