/** Colours of pictures without a graphics card: the reference for the shader, and what is used without it. */
import type { Picture } from './picture.ts'
import { DIMMED, type MapName, missing, OUTSIDE, outside, SHADES, tableOf } from './scale.ts'

const shadeOf = (value: number, low: number, high: number): number =>
  Math.min(1, Math.max(0, (value - low) / (high > low ? high - low : 1)))

const bytes = (colour: readonly number[]): number[] => [...colour.map((c) => Math.round(255 * c)), 255]

/** The four bytes of a colour as one word, in the byte order of the machine. */
const wordOf = (colour: readonly number[]): number => new Uint32Array(Uint8Array.from(colour).buffer)[0]

const [missingBytes, outsideBytes] = [bytes(missing), bytes(outside)]
const [missingWord, outsideWord] = [wordOf(missingBytes), wordOf(outsideBytes)]

/** The colours of a map as words; with `share` of their light. */
const wordsOf = (map: MapName, share: number): Uint32Array =>
  new Uint32Array(tableOf(map).map((c, i) => (i % 4 === 3 ? c : Math.round(share * c))).buffer)

/** One channel, unlit: what is scrubbed through, and what is dimmed below a threshold. */
const flatColours = (
  { values, scale: { low, high, map, threshold = OUTSIDE } }: Picture,
  out: Uint32Array<ArrayBuffer>,
): void => {
  const [words, dimmed] = [wordsOf(map, 1), wordsOf(map, DIMMED)]
  const pace = (SHADES - 1) / (high > low ? high - low : 1)
  for (let i = 0; i < out.length; i++) {
    const value = values[i]
    const own = value < threshold ? dimmed : words
    const k = (value - low) * pace + 0.5
    if (k >= 1) out[i] = own[k >= SHADES ? SHADES - 1 : k | 0]
    else if (value === OUTSIDE) out[i] = outsideWord
    else out[i] = Number.isNaN(value) ? missingWord : own[0]
  }
}

/** Three channels, light. */
const litColours = (picture: Picture, out: Uint8ClampedArray<ArrayBuffer>): void => {
  const { values, channels, height, width, scale, light } = picture
  const { low, high, map, threshold = OUTSIDE } = scale
  const table = tableOf(map)
  const size = height * width
  const put = (at: number, r: number, g: number, b: number, share: number) => {
    out[at] = Math.round(share * r)
    out[at + 1] = Math.round(share * g)
    out[at + 2] = Math.round(share * b)
    out[at + 3] = 255
  }
  const shade = (i: number) => 255 * shadeOf(values[i], low, high)
  for (let i = 0; i < size; i++) {
    const value = values[i]
    const lit = light ? light[i] : 1
    if (Number.isNaN(value)) put(4 * i, missingBytes[0], missingBytes[1], missingBytes[2], lit)
    else if (value === OUTSIDE) {
      // Beside a surface nothing is painted; on it, land is grey.
      if (lit > 0) put(4 * i, outsideBytes[0], outsideBytes[1], outsideBytes[2], lit)
      else out.fill(0, 4 * i, 4 * i + 4)
    } else if (channels === 3) put(4 * i, shade(i), shade(size + i), shade(2 * size + i), lit)
    else {
      const k = 4 * Math.round(shadeOf(value, low, high) * (SHADES - 1))
      put(4 * i, table[k], table[k + 1], table[k + 2], value < threshold ? lit * DIMMED : lit)
    }
  }
}

/**
 * Red, green, blue, alpha of every pixel, [H, W, 4].
 *
 * @param out - where they go; default a new array
 */
export const coloursOf = (
  picture: Picture,
  out: Uint8ClampedArray<ArrayBuffer> = new Uint8ClampedArray(4 * picture.height * picture.width),
): Uint8ClampedArray<ArrayBuffer> => {
  const { channels, light } = picture
  if (channels === 3 || light) litColours(picture, out)
  else flatColours(picture, new Uint32Array(out.buffer))
  return out
}
