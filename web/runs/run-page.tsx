/** One run, live: where it is, curves, samples of its prior by lap, files, configuration. */
import { useState } from 'preact/hooks'
import type { RunDetail, RunRow } from '../../src/studio/wire.ts'
import { fragmentOf } from '../app/address.ts'
import type { PageProps } from '../app/places.ts'
import { Notice } from '../ui/notice.tsx'
import { at, ordered } from './api.ts'
import { ConfigurationTable } from './configuration-table.tsx'
import { Curves } from './curves.tsx'
import { Facts } from './facts.tsx'
import { FilmStrip } from './film-strip.tsx'
import { State } from './state.tsx'
import { useLive } from './use-live.ts'
import { bytesOf, duration, figureName, figureValue, short } from './words.ts'

/** The button that stops a run, or goes on with it. */
const Control = ({ row }: { readonly row: RunRow }) => {
  const [said, setSaid] = useState<{ readonly text: string; readonly refused?: boolean }>()
  const [busy, setBusy] = useState(false)
  const change = async (what: 'stop' | 'resume', text: string): Promise<void> => {
    setBusy(true)
    setSaid({ text })
    try {
      await ordered(`runs/${encodeURIComponent(row.name)}/${what}`, {})
    } catch (error) {
      setSaid({ text: error instanceof Error ? error.message : String(error), refused: true })
    }
    setBusy(false)
  }
  const isOn = row.state === 'running'
  return (
    <>
      {isOn ? (
        <button type="button" disabled={busy} onClick={() => change('stop', 'Told to save and stop.')}>
          Save and stop
        </button>
      ) : (
        row.state === 'stopped' && (
          <button type="button" disabled={busy} onClick={() => change('resume', 'Goes on where it stopped.')}>
            Resume
          </button>
        )
      )}
      <span role="status" class={said?.refused ? 'bad' : 'quiet'}>
        {said?.text}
      </span>
    </>
  )
}

const RunFacts = ({ row }: { readonly row: RunRow }) => {
  const facts: [string, string][] = [
    ...(row.laps === undefined ? [] : [['Lap', `${row.lap ?? 0} of ${row.laps}`] as [string, string]]),
    ...(row.step === undefined
      ? []
      : [['Step', row.steps ? `${row.step} of ${row.steps}` : String(row.step)] as [string, string]]),
    ...(row.loss === undefined ? [] : [['Loss', short(row.loss)] as [string, string]]),
    ...Object.entries(row.figures).map(
      ([name, value]) => [figureName(name), figureValue(name, value)] as [string, string],
    ),
    ['Time', duration(row.seconds)],
    ...(row.left === undefined ? [] : [['Left, about', duration(row.left)] as [string, string]]),
  ]
  return <Facts facts={facts} />
}

/** How far a run is, as a bar. */
const Progress = ({ row }: { readonly row: RunRow }) => {
  const { lap = 0, laps, step = 0, steps, state } = row
  if (state === 'finished' || (laps === undefined && steps === undefined)) return null
  const inLap = steps ? step / steps : 0
  const share = laps === undefined ? inLap : step > 0 ? (Math.max(0, lap - 1) + inLap) / laps : lap / laps
  return <progress class="run-progress" max={1} value={Math.min(1, share)} aria-label="Progress of the run" />
}

const Files = ({ files }: Pick<RunDetail, 'files'>) =>
  files.length === 0 ? null : (
    <section aria-label="Files of arrays">
      <h2>Arrays</h2>
      <ul class="files">
        {files.map(({ path, bytes }) => (
          <li key={path}>
            <a href={fragmentOf('runs', ['draws', path])}>{path}</a>{' '}
            <span class="quiet">{bytesOf(bytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  )

export const RunPage = ({ address }: PageProps) => {
  const name = address.words[1] ?? ''
  const { detail, story, refused } = useLive(name)
  if (refused) return <Notice title={`${name} cannot be shown`}>{refused}</Notice>
  if (!detail) return <p class="quiet">Loading …</p>
  const { row, config, samples, report, files, failed } = detail
  return (
    <>
      <p class="way">
        <a href={fragmentOf('runs')}>Runs</a>
      </p>
      <div class="bar">
        <h1>{name}</h1>
        <State of={row.state} />
        <Control row={row} />
        {report && (
          <a href={at(`runs/${encodeURIComponent(name)}/report`)} target="_blank" rel="noreferrer">
            Report
          </a>
        )}
      </div>
      {row.problem && <Notice title="This run is damaged">{row.problem}</Notice>}
      {failed && <Notice title="The command ended with an error">{failed}</Notice>}
      <Progress row={row} />
      <RunFacts row={row} />
      {story && <Curves runs={[{ name, story }]} />}
      <FilmStrip run={name} laps={samples} />
      <Files files={files} />
      <ConfigurationTable names={[name]} configs={[config]} />
    </>
  )
}
