import type { Colormap, Rgb } from './colormap.ts'
import type { Paint } from './raster.ts'

/** Options of the colours of values. */
export interface Colouring {
  /** Default `clay` on meshes, `thermal` on globes. */
  readonly colormap?: Colormap
  /** Values of its two ends, default [0, 1]. */
  readonly range?: readonly [low: number, high: number]
  /** Colour where the value is NaN: not observed. */
  readonly missing?: Rgb
  /** Colour where the value is {@link OUTSIDE}; default grey. */
  readonly outside?: Rgb
}

/** The value of what is no part of the data, such as land in fields of the sea. */
export const OUTSIDE = Number.NEGATIVE_INFINITY

/** Land. */
export const GREY: Rgb = [0.72, 0.72, 0.71]

const SHADES = 1024

/** Writes the colour of a value under so much light, from a table of 1,024 colours. */
export const colourer = ({
  colormap,
  range: [low, high] = [0, 1],
  missing,
  outside = GREY,
}: Colouring & Required<Pick<Colouring, 'colormap' | 'missing'>>): ((
  value: number,
  light: number,
  paint: Paint,
) => void) => {
  const table = new Float32Array(3 * (SHADES + 2))
  for (let k = 0; k < SHADES; k++) table.set(colormap(k / (SHADES - 1)), 3 * k)
  table.set(missing, 3 * SHADES)
  table.set(outside, 3 * (SHADES + 1))
  const rowOf = (value: number): number => {
    if (Number.isNaN(value)) return SHADES
    if (value === OUTSIDE) return SHADES + 1
    return Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * (SHADES - 1))
  }
  return (value, light, paint) => {
    const at = 3 * rowOf(value)
    for (let c = 0; c < 3; c++) paint[c] = light * table[at + c]
  }
}
