/**
 * The configurations of the papers at their full size: `npm run bench -- paper [--only NAME] [--json]`.
 *
 * Of each, files of the original layout and item size are made (random content, four items), the network
 * takes real optimiser steps of two micro-batches, a shard of two rows is drawn by two sampler steps, the
 * process is killed after a resume point (SIGKILL) and resumed. Nothing of a configuration is replaced but
 * counts of items, laps, steps and micro-batches. Each runs in processes of its own, one after the other.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatTable } from '../src/cli/table.ts'
import { entries, type PaperEntry } from './paper/list.ts'
import { measured, type PaperRow } from './paper/measure.ts'

const GB = 2 ** 30

const tableOf = (rows: readonly PaperRow[]): string =>
  formatTable(
    ['', 'parameters', 'peak', 'seconds a step', 'seconds a draw', 'checkpoint', 'days here', 'took'],
    rows.map(({ name, parameters, peak, stepSeconds, drawSeconds, checkpoint, days, seconds }) => [
      name,
      `${(parameters / 1e6).toPrecision(3)} M`,
      `${(peak / GB).toFixed(2)} GB`,
      stepSeconds.toPrecision(3),
      drawSeconds === undefined ? '–' : drawSeconds.toPrecision(3),
      `${(checkpoint / GB).toPrecision(3)} GB`,
      days.toPrecision(3),
      `${seconds.toFixed(0)} s`,
    ]),
  )

const chosen = (args: readonly string[]): PaperEntry[] => {
  const at = args.indexOf('--only')
  if (at < 0) return entries.filter(({ auxiliary }) => !auxiliary)
  const wanted = args[at + 1]?.split(',') ?? []
  const stray = wanted.find((name) => !entries.some((entry) => entry.name === name))
  if (stray === undefined && wanted.length > 0) return entries.filter(({ name }) => wanted.includes(name))
  throw new Error(
    `--only: expected some of ${entries.map(({ name }) => name).join(', ')}, got '${stray ?? ''}'`,
  )
}

export const run = async (args: readonly string[]): Promise<number> => {
  const scratch = mkdtempSync(join(tmpdir(), 'tweedie-paper-'))
  const rows: PaperRow[] = []
  const failures: { name: string; reason: string }[] = []
  try {
    for (const entry of chosen(args)) {
      try {
        const row = await measured(entry, scratch)
        rows.push(row)
        console.error(tableOf([row]).split('\n').at(-1))
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        failures.push({ name: entry.name, reason })
        console.error(reason)
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  if (args.includes('--json')) console.log(JSON.stringify({ rows, failures }, null, 2))
  else console.log([tableOf(rows), ...failures.map(({ name, reason }) => `${name}: ${reason}`)].join('\n'))
  return failures.length === 0 ? 0 : 1
}
