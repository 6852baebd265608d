/** The pages of runs: the table, and what stands behind the first word of the address. */
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { PageProps } from '../app/places.ts'
import { Notice } from '../ui/notice.tsx'
import { connection } from './api.ts'
import { RunsTable } from './runs-table.tsx'
import './runs.css'

/** Pages by their word, `#/runs/run/demo`, each loaded when it is first looked at. A new one is its line. */
const pages: Readonly<Record<string, () => Promise<ComponentType<PageProps>>>> = {
  '': async () => RunsTable,
  run: async () => (await import('./run-page.tsx')).RunPage,
  beside: async () => (await import('./beside-page.tsx')).BesidePage,
  new: async () => (await import('./new/new-run-page.tsx')).NewRunPage,
  draws: async () => (await import('./draws-page.tsx')).DrawsPage,
  diagnoses: async () => (await import('./results/diagnosis-page.tsx')).DiagnosisPage,
  comparisons: async () => (await import('./results/comparison-page.tsx')).ComparisonPage,
}

interface Loaded {
  readonly word: string
  readonly Page?: ComponentType<PageProps>
  readonly failed?: string
}

export default function RunsPage(props: PageProps) {
  const [word = ''] = props.address.words
  const [loaded, setLoaded] = useState<Loaded>({ word: '', Page: RunsTable })
  useEffect(() => {
    pages[word]?.().then(
      (Page) => setLoaded({ word, Page }),
      (cause) => setLoaded({ word, failed: String(cause) }),
    )
  }, [word])
  const { Page, failed } = loaded.word === word ? loaded : {}
  return (
    <>
      {connection.value === 'lost' && (
        <Notice title="The server does not answer.">
          It may have been ended; runs that learn go on. This page shows what it knew last and looks for the
          server by itself. To start it again: <code>tweedie studio</code>
        </Notice>
      )}
      {!(word in pages) && <Notice title="No such page">There is no page '{word}' of runs.</Notice>}
      {failed && <Notice title="This page could not be loaded">{failed}</Notice>}
      {Page && <Page {...props} />}
    </>
  )
}
