/** How far a run is, in words. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord, type JsonRecord } from '../json.ts'
import { type JournalLine, layoutOf, readConfig, readJournal } from '../run/index.ts'
import { counted } from './counted.ts'

/** How far a run is. */
export type RunProgress = {
  readonly finished: boolean
  /** `finished, 11 laps`, `stopped when the time was up, 2 laps`, or `unfinished, lap 5 of 11, step 440`. */
  readonly words: string
}

/** Files of what a run is made for. */
const RESULTS = ['prior.safetensors', 'sampler.safetensors']

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

const lapsOf = ({ em }: JsonRecord): number | undefined => (isRecord(em) ? numberOf(em.laps) : undefined)

/** Where the last loss and the last lap of a journal stand. */
const placeOf = (config: JsonRecord, journal: readonly JournalLine[]): string => {
  const loss = journal.findLast(({ event }) => event === 'loss')
  const lap = numberOf(journal.findLast(({ event }) => event === 'lap')?.lap)
  const [at, step] = [numberOf(loss?.lap), numberOf(loss?.step)]
  const laps = lapsOf(config)
  const of = laps === undefined ? '' : ` of ${laps}`
  if (at !== undefined && step !== undefined && at > (lap ?? 0))
    return at > (laps ?? at) ? `last lap on all observations, step ${step}` : `lap ${at}${of}, step ${step}`
  if (lap !== undefined) return lap === 0 ? 'after the Gaussian start' : `lap ${lap}${of} is done`
  return step === undefined ? 'nothing is in its journal yet' : `step ${step}`
}

/** How far the run of a folder is. */
export const runProgress = (folder: string): RunProgress => {
  const { checkpoints, journal: path } = layoutOf(folder)
  const journal = readJournal(path)
  if (!RESULTS.some((name) => existsSync(join(checkpoints, name))))
    return { finished: false, words: `unfinished, ${placeOf(readConfig(folder), journal)}` }
  const laps = journal.filter(({ event, lap }) => event === 'lap' && lap !== 0).length
  const done = laps === 0 ? '' : `, ${counted(laps, 'lap')}`
  const stopped = journal.some(({ event }) => event === 'time')
  return { finished: true, words: `${stopped ? 'stopped when the time was up' : 'finished'}${done}` }
}

/** Events of journals, one and several. */
const events: Readonly<Record<string, readonly [one: string, many: string]>> = {
  lap: ['lap', 'laps'],
  loss: ['loss logged', 'losses logged'],
  shards: ['lap drawn by workers', 'laps drawn by workers'],
  rounds: ['lap trained by workers', 'laps trained by workers'],
  divergence: ['divergence', 'divergences'],
  choice: ['choice of a lap', 'choices of a lap'],
  refit: ['last lap on all observations', 'last laps on all observations'],
  held: ['judgement of held-out measurements', 'judgements of held-out measurements'],
}

/** The events of a journal in words: `Gaussian start, 5 laps, 115 losses logged`. */
export const eventWords = (journal: readonly JournalLine[]): string => {
  const isStart = ({ event, lap }: JournalLine): boolean => event === 'lap' && lap === 0
  const counts = new Map<string, number>()
  for (const { event } of journal.filter((line) => !isStart(line)))
    counts.set(event, (counts.get(event) ?? 0) + 1)
  const words = [...counts].map(([event, n]) => counted(n, ...(events[event] ?? [event, `${event} events`])))
  return [...(journal.some(isStart) ? ['Gaussian start'] : []), ...words].join(', ') || 'empty'
}
