/** Turning a surface by hand. */
import type { Pixel } from '../../canvas/pixel.ts'
import type { Turn } from './rasters.ts'

/** Degrees between −180 and 180. */
const around = (degrees: number): number => ((((degrees + 180) % 360) + 360) % 360) - 180

/** The view after the surface went so many degrees to the right and down. */
export const turnedBy = (turn: Turn, right: number, down: number): Turn => ({
  ...turn,
  azimuth: around(turn.azimuth - right),
  elevation: Math.min(90, Math.max(-90, turn.elevation + down)),
})

/** The view after it was dragged from one pixel to another: half around by the width of the picture. */
export const draggedTurn = (turn: Turn, from: Pixel, to: Pixel, width: number): Turn => {
  const degrees = (pixels: number): number => Math.round((180 * pixels) / width)
  return turnedBy(turn, degrees(to.column - from.column), degrees(to.row - from.row))
}
