/** Rows and columns, the last ones excluded, that hold all marks. */
const boundsOf = (marks: Uint8Array, height: number, width: number) => {
  let [top, bottom, left, right] = [height, 0, width, 0]
  for (let row = 0; row < height; row++) {
    const own = marks.subarray(row * width, (row + 1) * width)
    const first = own.indexOf(1)
    if (first < 0) continue
    top = Math.min(top, row)
    bottom = row + 1
    left = Math.min(left, first)
    right = Math.max(right, own.lastIndexOf(1) + 1)
  }
  return { top, bottom, left, right }
}

/** The edges between pixels that are marked (1) and those that are not, as the path of an SVG in pixels. */
export const outlinePath = (marks: Uint8Array, height: number, width: number): string => {
  const { top, bottom, left, right } = boundsOf(marks, height, width)
  const at = (row: number, column: number): number =>
    row >= top && row < bottom && column >= left && column < right ? marks[row * width + column] : 0
  const parts: string[] = []
  for (let row = top; row <= bottom; row++)
    for (let column = left; column < right; column++) {
      if (at(row - 1, column) === at(row, column)) continue
      const from = column
      while (column + 1 < right && at(row - 1, column + 1) !== at(row, column + 1)) column++
      parts.push(`M${from} ${row}H${column + 1}`)
    }
  for (let column = left; column <= right; column++)
    for (let row = top; row < bottom; row++) {
      if (at(row, column - 1) === at(row, column)) continue
      const from = row
      while (row + 1 < bottom && at(row + 1, column - 1) !== at(row + 1, column)) row++
      parts.push(`M${column} ${from}V${row + 1}`)
    }
  return parts.join('')
}

const known = new WeakMap<Uint8Array, string>()

/** As {@link outlinePath}, once for all pictures that show the same marks. */
export const outlineOf = (marks: Uint8Array, height: number, width: number): string => {
  const path = known.get(marks) ?? outlinePath(marks, height, width)
  known.set(marks, path)
  return path
}
