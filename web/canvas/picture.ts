import type { ColourScale } from './scale.ts'

/** Values on pixels, and how they are coloured. */
export interface Picture {
  /** [C, H, W]. NaN: not observed; OUTSIDE: no part of the data. */
  readonly values: Float32Array
  /** Three are red, green and blue; of any other number the first is shown. */
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly scale: ColourScale
  /** [H, W]: light on a surface, by which colours are multiplied. */
  readonly light?: Float32Array
}
