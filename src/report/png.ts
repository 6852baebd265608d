import { encodePng } from '../formats/index.ts'
import { NdArray } from '../tensor/index.ts'
import { type Html, html } from './html.ts'

/** A picture: `[C, H, W]` in [0, 1], C = 1 (grey), 3 (RGB) or 4 (RGB and opacity). */
export type Picture = NdArray<'float32'>

/** A picture filled by a function of channel, row and column. */
export const picture = (
  channels: 1 | 3 | 4,
  height: number,
  width: number,
  value: (channel: number, row: number, column: number) => number,
): Picture => {
  const data = new Float32Array(channels * height * width)
  for (let c = 0, at = 0; c < channels; c++) {
    for (let i = 0; i < height; i++) for (let j = 0; j < width; j++, at++) data[at] = value(c, i, j)
  }
  return new NdArray('float32', [channels, height, width], data)
}

/**
 * The bytes of an 8-bit PNG. Values are clipped to [0, 1] and rounded to k/255.
 *
 * @throws TweedieError `shape` unless the picture is `[1, 3 or 4, H, W]`, `numeric` for NaN
 */
export const pngOf = (image: Picture): Uint8Array => encodePng(image)

/** The picture as a `data:` address. */
export const dataUrl = (image: Picture): string =>
  `data:image/png;base64,${Buffer.from(pngOf(image)).toString('base64')}`

/**
 * The picture as an `<img>`, every pixel `scale` screen pixels wide (the browser repeats
 * them: nothing is blurred, unless the picture is made smaller).
 */
export const pixels = (image: Picture, alt: string, scale: number): Html => {
  const [, height, width] = image.shape
  const size = html`width="${Math.round(width * scale)}" height="${Math.round(height * scale)}"`
  return html`<img class="${scale < 1 ? 'smaller' : 'pixels'}" src="${dataUrl(image)}" ${size} alt="${alt}">`
}

/** Every pixel repeated `factor` times in both directions. */
export const enlarged = (image: Picture, factor: number): Picture => {
  const [channels, height, width] = image.shape
  const source = (c: number, i: number, j: number) =>
    image.data[(c * height + Math.floor(i / factor)) * width + Math.floor(j / factor)]
  return picture(channels === 4 ? 4 : channels === 3 ? 3 : 1, height * factor, width * factor, source)
}
