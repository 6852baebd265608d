/** A comparison: a table of each task, sorted by a figure, with its length as a bar. */
import { useState } from 'preact/hooks'
import { fragmentOf } from '../../app/address.ts'
import type { PageProps } from '../../app/places.ts'
import { Notice } from '../../ui/notice.tsx'
import { at } from '../api.ts'
import { ScrollBox } from '../scroll-box.tsx'
import { useAsked } from '../use-asked.ts'
import { short } from '../words.ts'
import { type Cell, columnsOf, nameOf, sorted, tasksOf } from './comparison.ts'
import { FoundList } from './found-list.tsx'

interface Comparison {
  readonly command?: string
  readonly wins?: readonly string[]
  readonly leftOut?: readonly string[]
  readonly cells: readonly Cell[]
  /** Whether its page is beside it. */
  readonly page: boolean
}

const Task = ({ task, cells }: { readonly task: string; readonly cells: readonly Cell[] }) => {
  const columns = columnsOf(cells)
  const [by, setBy] = useState(columns[0]?.key ?? '')
  const column = columns.find(({ key }) => key === by) ?? columns[0]
  if (!column) return null
  const rows = sorted(cells, column)
  const values = rows.flatMap((cell) => column.of(cell) ?? [])
  const most = Math.max(...values.map(Math.abs), Number.MIN_VALUE)
  return (
    <section aria-label={task}>
      <h2>{task}</h2>
      <ScrollBox label={`Table of ${task}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Method</th>
              <th scope="col">Steps</th>
              <th scope="col">Draws</th>
              {columns.map(({ key, title }) => (
                <th scope="col" key={key} aria-sort={key === column.key ? 'descending' : undefined}>
                  <button
                    type="button"
                    class="plain"
                    aria-pressed={key === column.key}
                    onClick={() => setBy(key)}
                  >
                    {title}
                  </button>
                </th>
              ))}
              <th scope="col">
                <span class="visually-hidden">Length of {column.title}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((cell) => {
              const value = column.of(cell)
              return (
                <tr key={`${nameOf(cell)} ${cell.steps} ${cell.draws}`}>
                  <th scope="row">{nameOf(cell)}</th>
                  <td>{cell.steps ?? ''}</td>
                  <td>{cell.draws}</td>
                  {columns.map(({ key, of }) => (
                    <td key={key}>{short(of(cell))}</td>
                  ))}
                  <td>
                    <span
                      class="length"
                      aria-hidden="true"
                      style={{ width: `${(7 * Math.abs(value ?? 0)) / most}rem` }}
                    />
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}

const One = ({ path }: { readonly path: string }) => {
  const { value, refused } = useAsked<Comparison>('comparison', { path })
  if (refused) return <Notice title="This comparison cannot be shown">{refused}</Notice>
  if (!value) return <p class="quiet">Loading …</p>
  return (
    <>
      <p class="way">
        <a href={fragmentOf('runs', ['comparisons'])}>Comparisons</a>
      </p>
      <div class="bar">
        <h1>{path.replace(/\/?comparison\.json$/, '') || 'Comparison'}</h1>
        {value.page && (
          <a href={at('page', { path })} target="_blank" rel="noreferrer">
            As one page, with pictures
          </a>
        )}
      </div>
      {value.wins?.map((line) => (
        <p key={line} class="lead">
          {line}
        </p>
      ))}
      {value.command && (
        <p>
          <code>{value.command}</code>
        </p>
      )}
      {tasksOf(value.cells).map((task) => (
        <Task key={task} task={task} cells={value.cells.filter((cell) => cell.task === task)} />
      ))}
      {value.leftOut?.map((line) => (
        <p key={line} class="quiet">
          {line}
        </p>
      ))}
    </>
  )
}

export const ComparisonPage = ({ address }: PageProps) => {
  const path = address.words[1]
  if (path !== undefined) return <One key={path} path={path} />
  return (
    <>
      <p class="way">
        <a href={fragmentOf('runs')}>Runs</a>
      </p>
      <h1>Comparisons</h1>
      <p class="quiet">Posterior samplers on real images: methods × steps × tasks.</p>
      <FoundList
        path="comparisons"
        page="comparisons"
        nothing="tweedie compare --quick --cache runs/compare"
      />
    </>
  )
}
