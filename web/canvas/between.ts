import type { Pixel } from './pixel.ts'

/** The pixels on the way from one to another, in steps of at most one. */
export const between = (a: Pixel, b: Pixel): Pixel[] => {
  const steps = Math.max(1, Math.abs(a.row - b.row), Math.abs(a.column - b.column))
  return Array.from({ length: steps + 1 }, (_, k) => ({
    row: Math.round(a.row + ((b.row - a.row) * k) / steps),
    column: Math.round(a.column + ((b.column - a.column) * k) / steps),
  }))
}
