/** Regions of pixels, [H, W] of 0 and 1. */
import { between } from './between.ts'
import type { Pixel } from './pixel.ts'

/** Height and width. */
export type Size = readonly [height: number, width: number]

/** Pixels between two corners, both included. */
export const rectangleMarks = ([height, width]: Size, a: Pixel, b: Pixel): Uint8Array => {
  const marks = new Uint8Array(height * width)
  const [top, bottom] = [Math.min(a.row, b.row), Math.max(a.row, b.row)]
  const [left, right] = [Math.min(a.column, b.column), Math.max(a.column, b.column)]
  for (let row = top; row <= bottom; row++) marks.fill(1, row * width + left, row * width + right + 1)
  return marks
}

/** Where the edges of a polygon cross a row, from left to right: between two of them, by turns, is inside. */
const crossings = (row: number, corners: readonly Pixel[]): readonly number[] => {
  const found: number[] = []
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [a, b] = [corners[i], corners[j]]
    if (a.row > row !== b.row > row)
      found.push(((b.column - a.column) * (row - a.row)) / (b.row - a.row) + a.column)
  }
  return found.sort((a, b) => a - b)
}

/** Pixels inside of a closed curve through pixels, and those of the curve. */
export const lassoMarks = ([height, width]: Size, path: readonly Pixel[]): Uint8Array => {
  const marks = new Uint8Array(height * width)
  const within = (column: number) => Math.min(width, Math.max(0, Math.ceil(column)))
  for (let row = 0; row < height; row++) {
    const edges = crossings(row, path)
    for (let i = 0; i + 1 < edges.length; i += 2)
      marks.fill(1, row * width + within(edges[i]), row * width + within(edges[i + 1]))
  }
  path.forEach((corner, i) => {
    for (const { row, column } of between(corner, path[(i + 1) % path.length]))
      marks[row * width + column] = 1
  })
  return marks
}

/** Pixels within so far of a path. */
export const brushMarks = ([height, width]: Size, path: readonly Pixel[], radius: number): Uint8Array => {
  const marks = new Uint8Array(height * width)
  const way = path.length === 1 ? path : path.slice(1).flatMap((pixel, i) => between(path[i], pixel))
  const reach = Math.floor(radius)
  for (const { row, column } of way)
    for (let i = Math.max(0, row - reach); i <= Math.min(height - 1, row + reach); i++)
      for (let j = Math.max(0, column - reach); j <= Math.min(width - 1, column + reach); j++)
        if ((i - row) ** 2 + (j - column) ** 2 <= radius ** 2) marks[i * width + j] = 1
  return marks
}
