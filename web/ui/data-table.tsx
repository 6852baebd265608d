/** A table that can be copied and saved. */
import { signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { shown } from './number.ts'
import { saveText } from './save.ts'
import { csvOf, jsonOf, type Table, tabbedOf } from './table.ts'
import './data-table.css'

const Cell = ({ value }: { readonly value: string | number | undefined }) => (
  <td>{typeof value === 'number' ? shown(value) : (value ?? '–')}</td>
)

/** A table with buttons that copy and save it. */
export const DataTable = ({ table, caption }: { readonly table: Table; readonly caption?: string }) => {
  const copied = useMemo(() => signal(''), [])
  const copy = () => {
    // Pages that are not safe from others on the way have no clipboard at all.
    const copying = async () => navigator.clipboard.writeText(tabbedOf(table))
    copying().then(
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
