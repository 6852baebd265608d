import { coloursOf } from './paint-plain.ts'
import { paintedByShader } from './paint-shader.ts'
import type { Picture } from './picture.ts'

/** Pixels up to which a graphics card is further away than the work is long. */
const SMALL = 2 ** 15

/** Paints a picture on a canvas, one pixel for each value; large ones by the graphics card, if any. */
export const paint = (canvas: HTMLCanvasElement, picture: Picture): void => {
  const { height, width } = picture
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')
  if (!context) return
  const painted = height * width > SMALL ? paintedByShader(picture) : undefined
  canvas.dataset.painter = painted ? 'shader' : 'plain'
  if (painted) {
    context.clearRect(0, 0, width, height)
    context.drawImage(painted, 0, 0)
  } else context.putImageData(new ImageData(coloursOf(picture), width, height), 0, 0)
}
