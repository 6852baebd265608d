/** The runs of a folder, the last changed first; rows are kept as long as nothing in them changed. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isRunFolder, layoutOf, lockOwner } from '../run/index.ts'
import { lastChange, runRow } from './run-row.ts'
import type { RunRow, RunsPage } from './wire.ts'

/** Most rows of an answer. */
const MOST = 200

/** A table of runs. */
export interface RunTable {
  /** Rows `from …` of those whose name holds a text. */
  page(from: number, count: number, text: string): RunsPage
  row(path: string, name: string): RunRow
}

const foldersIn = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
  } catch {
    return [] // it goes, or is not there yet: no runs
  }
}

/** Names of the runs of a folder, and of those one folder deeper. */
const namesOf = (folder: string): string[] =>
  foldersIn(folder).flatMap((name) => {
    if (isRunFolder(join(folder, name))) return [name]
    return foldersIn(join(folder, name))
      .map((inner) => `${name}/${inner}`)
      .filter((inner) => isRunFolder(join(folder, inner)))
  })

/** The table of the runs below a folder. Links to folders are not followed. */
export const runTable = (folder: string): RunTable => {
  const kept = new Map<string, { readonly mark: string; readonly row: RunRow }>()
  const row = (path: string, name: string): RunRow => {
    const mark = `${lastChange(path)} ${lockOwner(layoutOf(path).lock)?.state}`
    const known = kept.get(name)
    if (known?.mark === mark) return known.row
    const fresh = runRow(folder, path, name)
    kept.set(name, { mark, row: fresh })
    return fresh
  }
  return {
    row,
    page: (from, count, text) => {
      const found = namesOf(folder)
        .filter((name) => name.includes(text))
        .map((name) => ({ name, changed: lastChange(join(folder, name)) }))
        .sort((a, b) => b.changed - a.changed)
      const rows = found
        .slice(from, from + Math.min(count, MOST))
        .map(({ name }) => row(join(folder, name), name))
      return { folder, total: found.length, from, rows }
    },
  }
}
