/** Colours of pictures without a graphics card: the reference for the shader, and what is used without it. */
import type { Picture } from './picture.ts'
import { DIMMED, missing, OUTSIDE, outside, SHADES, tableOf } from './scale.ts'

const shadeOf = (value: number, low: number, high: number): number =>
  Math.min(1, Math.max(0, (value - low) / (high > low ? high - low : 1)))

const bytes = (colour: readonly number[]): readonly number[] => colour.map((c) => Math.round(255 * c))
const [missingBytes, outsideBytes] = [bytes(missing), bytes(outside)]

/** Red, green, blue, alpha of every pixel, [H, W, 4]. */
export const coloursOf = ({
  values,
  channels,
  height,
  width,
  scale,
  light,
}: Picture): Uint8ClampedArray<ArrayBuffer> => {
  const { low, high, map, threshold = Number.NEGATIVE_INFINITY } = scale
  const table = tableOf(map)
  const size = height * width
  const out = new Uint8ClampedArray(4 * size)
  const put = (at: number, r: number, g: number, b: number, share: number) => {
    out[at] = Math.round(share * r)
    out[at + 1] = Math.round(share * g)
    out[at + 2] = Math.round(share * b)
    out[at + 3] = 255
  }
  for (let i = 0; i < size; i++) {
    const value = values[i]
    const lit = light ? light[i] : 1
    if (Number.isNaN(value)) put(4 * i, missingBytes[0], missingBytes[1], missingBytes[2], lit)
    else if (value === OUTSIDE) {
      // Outside of a surface nothing is painted; on it, land is grey.
      if (lit > 0) put(4 * i, outsideBytes[0], outsideBytes[1], outsideBytes[2], lit)
    } else if (channels === 3)
      put(
        4 * i,
        255 * shadeOf(value, low, high),
        255 * shadeOf(values[size + i], low, high),
        255 * shadeOf(values[2 * size + i], low, high),
        lit,
      )
    else {
      const k = 4 * Math.round(shadeOf(value, low, high) * (SHADES - 1))
      put(4 * i, table[k], table[k + 1], table[k + 2], value < threshold ? lit * DIMMED : lit)
    }
  }
  return out
}
