/** One run: its configuration, and what there is to see of it. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { arrayExtensions } from '../formats/index.ts'
import { layoutOf, readConfig } from '../run/index.ts'
import type { RunDetail, RunRow } from './wire.ts'

/** Most files that are listed. */
const FILES = 200

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : [])

/** Laps of which samples of the prior are kept. */
const sampledLaps = (path: string): number[] =>
  namesIn(layoutOf(path).draws)
    .flatMap((name) => {
      const lap = /^prior-lap-(\d+)\.npz$/.exec(name)?.[1]
      return lap === undefined ? [] : [Number(lap)]
    })
    .sort((a, b) => a - b)

/** The file of samples of the prior after a lap. */
export const samplesOf = (path: string, lap: number): string | undefined => {
  const { draws } = layoutOf(path)
  const name = namesIn(draws).find((file) => Number(/^prior-lap-(\d+)\.npz$/.exec(file)?.[1] ?? -1) === lap)
  return name === undefined ? undefined : join(draws, name)
}

const arrayFilesIn = (path: string, below: string, name: string): RunDetail['files'] =>
  namesIn(join(path, below)).flatMap((file) => {
    if (!arrayExtensions().some((extension) => file.endsWith(extension))) return []
    const there = statSync(join(path, below, file), { throwIfNoEntry: false })
    return there?.isFile() ? [{ path: [name, below, file].filter(Boolean).join('/'), bytes: there.size }] : []
  })

/** What there is of a run; `row` as in the table. */
export const runDetail = (path: string, row: RunRow): RunDetail => ({
  row,
  config: row.state === 'damaged' ? {} : readConfig(path),
  samples: sampledLaps(path),
  report: existsSync(layoutOf(path).report),
  files: [...arrayFilesIn(path, '', row.name), ...arrayFilesIn(path, 'draws', row.name)].slice(0, FILES),
})
