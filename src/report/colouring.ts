import type { Colormap, Rgb } from './colormap.ts'
import type { Paint } from './raster.ts'

/** Options of the colours of values. */
export interface Colouring {
  /** Default `clay` on meshes, `thermal` on globes. */
  readonly colormap?: Colormap
  /** Values of its two ends, default [0, 1]. */
  readonly range?: readonly [low: number, high: number]
  /** Colour where the value is NaN: not observed, or land. */
  readonly missing?: Rgb
}

const SHADES = 1024

/** Writes the colour of a value under so much light, from a table of 1,024 colours. */
export const colourer = ({
  colormap,
  range: [low, high] = [0, 1],
  missing,
}: Colouring & Required<Pick<Colouring, 'colormap' | 'missing'>>): ((
  value: number,
  light: number,
  paint: Paint,
) => void) => {
  const table = new Float32Array(3 * (SHADES + 1))
  for (let k = 0; k < SHADES; k++) table.set(colormap(k / (SHADES - 1)), 3 * k)
  table.set(missing, 3 * SHADES)
  return (value, light, paint) => {
    const t = Math.min(1, Math.max(0, (value - low) / (high - low)))
    const at = 3 * (Number.isNaN(t) ? SHADES : Math.round(t * (SHADES - 1)))
    for (let c = 0; c < 3; c++) paint[c] = light * table[at + c]
  }
}
