/** A table that can be copied and saved. */
import { signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { shown } from './number.ts'
import { saveText } from './save.ts'
import './data-table.css'

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
const tabbedOf = ({ columns, rows }: Table): string =>
  [columns, ...rows].map((row) => row.map((cell) => cell ?? '').join('\t')).join('\n')

const Cell = ({ value }: { readonly value: string | number | undefined }) => (
  <td>{typeof value === 'number' ? shown(value) : (value ?? '–')}</td>
)

/** A table with buttons that copy and save it. */
export const DataTable = ({ table, caption }: { readonly table: Table; readonly caption?: string }) => {
  const copied = useMemo(() => signal(''), [])
  const copy = () => {
    navigator.clipboard.writeText(tabbedOf(table)).then(
      () => {
        copied.value = 'copied'
      },
      () => {
        copied.value = 'this browser does not let pages copy'
      },
    )
  }
  return (
    <div class="data-table">
      <div class="scroll" tabIndex={0} role="region" aria-label={table.name}>
        <table>
          {caption && <caption>{caption}</caption>}
          <thead>
            <tr>
              {table.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map(([name, ...cells]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, i) => (
                  <Cell key={table.columns[i + 1]} value={cell} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="data-table-save">
        <button type="button" onClick={copy}>
          Copy
        </button>
        <button type="button" onClick={() => saveText(`${table.name}.csv`, csvOf(table), 'text/csv')}>
          CSV
        </button>
        <button
          type="button"
          onClick={() => saveText(`${table.name}.json`, jsonOf(table), 'application/json')}
        >
          JSON
        </button>
        <span role="status" class="quiet">
          {copied}
        </span>
      </p>
    </div>
  )
}
