/** The table of runs, fifty at a time, the last changed first. */
import { useState } from 'preact/hooks'
import type { RunRow, RunsPage } from '../../src/studio/wire.ts'
import { fragmentOf } from '../app/address.ts'
import { Notice } from '../ui/notice.tsx'
import { ScrollBox } from './scroll-box.tsx'
import { State } from './state.tsx'
import { useAsked } from './use-asked.ts'
import { ago, duration, figureName, figureValue, short } from './words.ts'

const ROWS = 50

/** Milliseconds between two looks at the table. */
const EVERY = 2000

/** How far a run is, 0 to 1, as far as that is known. */
const Place = ({ lap, laps, step, steps }: RunRow) => {
  const lapWords = laps === undefined ? '' : lap === 0 ? 'start' : `lap ${lap} of ${laps}`
  const stepWords = step === undefined ? '' : steps ? `step ${step} of ${steps}` : `step ${step}`
  return <>{[lapWords, stepWords].filter(Boolean).join(', ')}</>
}

const Row = ({
  row,
  chosen,
  onChoose,
}: {
  readonly row: RunRow
  readonly chosen: boolean
  readonly onChoose: (chosen: boolean) => void
}) => (
  <tr>
    <td>
      <input
        type="checkbox"
        checked={chosen}
        aria-label={`Compare ${row.name}`}
        onChange={(event) => onChoose(event.currentTarget.checked)}
      />
    </td>
    <th scope="row">
      <a href={fragmentOf('runs', ['run', row.name])}>{row.name}</a>
    </th>
    <td class="text">
      <State of={row.state} />
    </td>
    <td class="text quiet">{row.kind}</td>
    <td class="text">{row.problem ? <span class="wrap">{row.problem}</span> : <Place {...row} />}</td>
    <td>{short(row.loss)}</td>
    <td class="text">
      {Object.entries(row.figures)
        .map(([name, value]) => `${figureName(name)} ${figureValue(name, value)}`)
        .join(' · ')}
    </td>
    <td>{row.left === undefined ? '' : duration(row.left)}</td>
    <td class="quiet">{ago(row.changed)}</td>
  </tr>
)

/** Most runs that stand side by side. */
const BESIDE = 4

export const RunsTable = () => {
  const [from, setFrom] = useState(0)
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<readonly string[]>([])
  const { value, refused } = useAsked<RunsPage>('runs', { from, count: ROWS, text }, EVERY)
  const choose = (name: string) => (on: boolean) =>
    setChosen(on ? [...chosen, name].slice(-BESIDE) : chosen.filter((other) => other !== name))
  const isEmpty = value?.total === 0 && text === ''
  return (
    <>
      <div class="bar">
        <h1>Runs</h1>
        <nav aria-label="Of runs">
          <a class="button primary" href={fragmentOf('runs', ['new'])}>
            New run
          </a>
          <a href={fragmentOf('runs', ['diagnoses'])}>Diagnoses</a>
          <a href={fragmentOf('runs', ['comparisons'])}>Comparisons</a>
        </nav>
      </div>
      {refused && <Notice title="The runs could not be listed">{refused}</Notice>}
      {isEmpty ? (
        <p class="empty quiet">
          There are no runs in <code>{value.folder}</code> yet. Start one here, or with{' '}
          <code>tweedie learn observations.npz -o {value.folder}/first</code>.
        </p>
      ) : (
        <>
          <div class="bar tools">
            <input
              type="search"
              placeholder="Find by name"
              aria-label="Find runs by name"
              value={text}
              onInput={(event) => {
                setText(event.currentTarget.value)
                setFrom(0)
              }}
            />
            {chosen.length > 1 ? (
              <a class="button" href={fragmentOf('runs', ['beside'], { runs: chosen.join(',') })}>
                Compare {chosen.length} side by side
              </a>
            ) : (
              <span class="quiet">Tick two to four to see them side by side.</span>
            )}
          </div>
          <ScrollBox label="Table of runs">
            <table class="runs">
              <thead>
                <tr>
                  <th scope="col">
                    <span class="visually-hidden">Compare</span>
                  </th>
                  <th scope="col">Run</th>
                  <th scope="col" class="text">
                    State
                  </th>
                  <th scope="col" class="text">
                    Kind
                  </th>
                  <th scope="col" class="text">
                    Where
                  </th>
                  <th scope="col">Loss</th>
                  <th scope="col" class="text">
                    Figures
                  </th>
                  <th scope="col">Left</th>
                  <th scope="col">Changed</th>
                </tr>
              </thead>
              <tbody>
                {value?.rows.map((row) => (
                  <Row
                    key={row.name}
                    row={row}
                    chosen={chosen.includes(row.name)}
                    onChoose={choose(row.name)}
                  />
                ))}
              </tbody>
            </table>
          </ScrollBox>
          {value && value.total > ROWS && (
            <nav class="bar" aria-label="Pages of the table">
              <button type="button" disabled={from === 0} onClick={() => setFrom(Math.max(0, from - ROWS))}>
                Newer
              </button>
              <span class="quiet">
                {from + 1} to {Math.min(value.total, from + ROWS)} of {value.total}
              </span>
              <button
                type="button"
                disabled={from + ROWS >= value.total}
                onClick={() => setFrom(from + ROWS)}
              >
                Older
              </button>
            </nav>
          )}
        </>
      )}
    </>
  )
}
