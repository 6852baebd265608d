/** A cell: numbers stand to the right, text to the left. */
export type Cell = string | number

const numeric = (column: readonly Cell[]): boolean => column.every((cell) => typeof cell === 'number')

const text = (cell: Cell): string => String(cell)

/**
 * Rows as aligned text under a header, columns two spaces apart. Columns that hold only numbers are
 * right-aligned.
 *
 * @example
 * ```ts
 * formatTable(['prior', 'PSNR'], [['Gaussian', 17.2], ['learned', 20.1]])
 * // prior     PSNR
 * // ────────  ────
 * // Gaussian  17.2
 * // learned   20.1
 * ```
 */
export const formatTable = (header: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const columns = header.map((name, j) => {
    const cells = rows.map((row) => row[j] ?? '')
    return { width: Math.max(name.length, ...cells.map((cell) => text(cell).length)), right: numeric(cells) }
  })
  const line = (cells: readonly Cell[]): string =>
    columns
      .map(({ width, right }, j) =>
        right ? text(cells[j] ?? '').padStart(width) : text(cells[j] ?? '').padEnd(width),
      )
      .join('  ')
      .trimEnd()
  return [line(header), line(columns.map(({ width }) => '─'.repeat(width))), ...rows.map(line)].join('\n')
}

/** Lines `name  value`, the values below each other. */
export const formatFields = (fields: readonly (readonly [name: string, value: Cell])[]): string => {
  const width = Math.max(0, ...fields.map(([name]) => name.length))
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}
