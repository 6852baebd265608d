/** The pages of runs: the table, and what stands behind the first word of the address. */
import type { ComponentType } from 'preact'
import type { PageProps } from '../app/places.ts'
import { Notice } from '../ui/notice.tsx'
import { connection } from './api.ts'
import { BesidePage } from './beside-page.tsx'
import { NewRunPage } from './new-run-page.tsx'
import { RunPage } from './run-page.tsx'
import { RunsTable } from './runs-table.tsx'
import './runs.css'

/** Pages by their word: `#/runs/run/demo`. A new one is its file and its line. */
const pages: Readonly<Record<string, ComponentType<PageProps>>> = {
  '': RunsTable,
  run: RunPage,
  beside: BesidePage,
  new: NewRunPage,
}

export default function RunsPage(props: PageProps) {
  const [word = ''] = props.address.words
  const Page = pages[word]
  return (
    <>
      {connection.value === 'lost' && (
        <Notice title="The server does not answer.">
          It may have been ended; runs that learn go on. This page shows what it knew last and looks for the
          server by itself. To start it again: <code>tweedie studio</code>
        </Notice>
      )}
      {Page ? <Page {...props} /> : <Notice title="No such page">There is no page '{word}' of runs.</Notice>}
    </>
  )
}
