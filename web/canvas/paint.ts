import { coloursOf } from './paint-plain.ts'
import { paintedByShader } from './paint-shader.ts'
import type { Picture } from './picture.ts'

/** Paints a picture on a canvas, one pixel for each value. */
export const paint = (canvas: HTMLCanvasElement, picture: Picture): void => {
  const { height, width } = picture
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')
  if (!context) return
  const painted = paintedByShader(picture)
  if (painted) {
    context.clearRect(0, 0, width, height)
    context.drawImage(painted, 0, 0)
  } else context.putImageData(new ImageData(coloursOf(picture), width, height), 0, 0)
}
