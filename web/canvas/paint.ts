import { coloursOf } from './paint-plain.ts'
import { paintedByShader } from './paint-shader.ts'
import type { Picture } from './picture.ts'

/** Pixels up to which a graphics card is further away than the work is long. */
const SMALL = 2 ** 15

let kept: ImageData | undefined

/** The colours of a picture, good until the next call: memory for each frame anew is slower than the colours. */
const coloured = (picture: Picture): ImageData => {
  const { height, width } = picture
  if (kept?.width !== width || kept.height !== height) kept = new ImageData(width, height)
  coloursOf(picture, kept.data)
  return kept
}

/** Paints a picture on a canvas, one pixel for each value; large ones by the graphics card, if any. */
export const paint = (canvas: HTMLCanvasElement, picture: Picture): void => {
  const { height, width } = picture
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  const painted = height * width > SMALL ? paintedByShader(picture) : undefined
  // Pixels that this code makes stay in memory, where the next ones are put: no graphics card is asked.
  const context = canvas.getContext('2d', { willReadFrequently: painted === undefined })
  if (!context) return
  canvas.dataset.painter = painted ? 'shader' : 'plain'
  if (painted) {
    context.clearRect(0, 0, width, height)
    context.drawImage(painted, 0, 0)
  } else context.putImageData(coloured(picture), 0, 0)
}
