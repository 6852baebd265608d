/** Numbers and words in rows; the first column names the row. */
export interface Table {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number | undefined)[])[]
}

const quoted = (cell: string | number | undefined): string => {
  const text = cell === undefined ? '' : String(cell)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** As comma-separated values (RFC 4180), numbers in full. */
export const csvOf = ({ columns, rows }: Table): string =>
  `${[columns, ...rows].map((row) => row.map(quoted).join(',')).join('\n')}\n`

/** As JSON: an object for each row. */
export const jsonOf = ({ columns, rows }: Table): string =>
  `${JSON.stringify(
    rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null]))),
    undefined,
    1,
  )}\n`

/** As spreadsheets take it from the clipboard. */
export const tabbedOf = ({ columns, rows }: Table): string =>
  [columns, ...rows].map((row) => row.map((cell) => cell ?? '').join('\t')).join('\n')
