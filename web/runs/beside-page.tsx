/** Up to four runs side by side: curves together, configurations with their differences. */
import { useEffect, useState } from 'preact/hooks'
import type { RunDetail, Story } from '../../src/studio/wire.ts'
import { fragmentOf } from '../app/address.ts'
import type { PageProps } from '../app/places.ts'
import { Notice } from '../ui/notice.tsx'
import { asked, connection, returns } from './api.ts'
import { ConfigurationTable } from './configuration-table.tsx'
import { Curves } from './curves.tsx'
import { ScrollBox } from './scroll-box.tsx'
import { State } from './state.tsx'
import { duration, short } from './words.ts'

/** Most runs, and milliseconds between two looks. */
const [MOST, EVERY] = [4, 3000] as const

interface Run {
  readonly name: string
  readonly detail: RunDetail
  readonly story: Story
}

const runOf = async (name: string): Promise<Run> => {
  const path = `runs/${encodeURIComponent(name)}`
  const [detail, story] = await Promise.all([asked<RunDetail>(path), asked<Story>(`${path}/story`)])
  return { name, detail, story }
}

const useRuns = (names: string): { readonly runs?: readonly Run[]; readonly refused?: string } => {
  const [found, setFound] = useState<{ readonly runs?: readonly Run[]; readonly refused?: string }>({})
  useEffect(() => {
    let current = true
    const ask = (): void => {
      Promise.all(names.split(',').slice(0, MOST).map(runOf)).then(
        (runs) => current && setFound({ runs }),
        (error) => current && connection.peek() === 'here' && setFound({ refused: String(error.message) }),
      )
    }
    ask()
    const timer = setInterval(() => !document.hidden && connection.peek() === 'here' && ask(), EVERY)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [names, returns.value])
  return found
}

export const BesidePage = ({ address }: PageProps) => {
  const { runs, refused } = useRuns(address.query.get('runs') ?? '')
  if (refused) return <Notice title="The runs cannot be shown">{refused}</Notice>
  if (!runs) return <p class="quiet">Loading …</p>
  return (
    <>
      <p class="way">
        <a href={fragmentOf('runs')}>Runs</a>
      </p>
      <h1>Side by side</h1>
      <ScrollBox label="Where the runs are">
        <table>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col" class="text">
                State
              </th>
              <th scope="col">Lap</th>
              <th scope="col">Loss</th>
              <th scope="col">Time</th>
            </tr>
          </thead>
          <tbody>
            {runs.map(({ name, detail: { row } }) => (
              <tr key={name}>
                <th scope="row">
                  <a href={fragmentOf('runs', ['run', name])}>{name}</a>
                </th>
                <td class="text">
                  <State of={row.state} />
                </td>
                <td>{row.laps === undefined ? '' : `${row.lap ?? 0} of ${row.laps}`}</td>
                <td>{short(row.loss)}</td>
                <td>{duration(row.seconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <Curves runs={runs} />
      <ConfigurationTable
        names={runs.map(({ name }) => name)}
        configs={runs.map(({ detail }) => detail.config)}
      />
    </>
  )
}
