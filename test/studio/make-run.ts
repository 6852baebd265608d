/** Run folders with journals, made without learning. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonRecord } from '../../src/json.ts'
import { type JournalEvent, openRun } from '../../src/run/index.ts'

/** The configuration of a run of laps. */
export const laps: JsonRecord = {
  data: { observations: 'y.npz' },
  net: { kind: 'mlp' },
  em: { laps: 4 },
  train: { steps: 100 },
}

/** Makes a run with a journal, as learning leaves it when it has stopped. */
export const makeRun = (
  folder: string,
  name: string,
  events: readonly JournalEvent[],
  config = laps,
): string => {
  const path = join(folder, name)
  const run = openRun(path, { config })
  for (const event of events) run.journal.append(event)
  run.close()
  return path
}

/** A run folder with a journal of so many losses, written at once. */
export const makeLongRun = (folder: string, name: string, lines: number): string => {
  const path = makeRun(folder, name, [])
  const text = Array.from({ length: lines }, (_, i) =>
    JSON.stringify({
      event: 'loss',
      lap: 1,
      step: i + 1,
      loss: i === 4321 ? 99 : 1 + Math.sin(i),
      seconds: i / 10,
    }),
  )
  writeFileSync(join(path, 'journal.jsonl'), `${text.join('\n')}\n`)
  return path
}
