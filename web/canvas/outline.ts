/** The edges between pixels that are marked and those that are not, as the path of an SVG in pixels. */
export const outlinePath = (marks: Uint8Array, height: number, width: number): string => {
  const at = (row: number, column: number): boolean =>
    row >= 0 && row < height && column >= 0 && column < width && marks[row * width + column] !== 0
  const parts: string[] = []
  for (let row = 0; row <= height; row++)
    for (let column = 0; column < width; column++) {
      if (at(row - 1, column) === at(row, column)) continue
      const from = column
      while (column + 1 < width && at(row - 1, column + 1) !== at(row, column + 1)) column++
      parts.push(`M${from} ${row}H${column + 1}`)
    }
  for (let column = 0; column <= width; column++)
    for (let row = 0; row < height; row++) {
      if (at(row, column - 1) === at(row, column)) continue
      const from = row
      while (row + 1 < height && at(row + 1, column - 1) !== at(row + 1, column)) row++
      parts.push(`M${column} ${from}V${row + 1}`)
    }
  return parts.join('')
}
