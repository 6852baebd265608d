/** A run as a row of the table: from its configuration, its lock and the end of its journal. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TweedieError } from '../error.ts'
import { isRecord, type JsonRecord } from '../json.ts'
import { layoutOf, lockOwner, readConfig } from '../run/index.ts'
import { leadsOut } from './inside.ts'
import { type Line, lastLines } from './journal-lines.ts'
import type { Figures, RunKind, RunRow, RunState } from './wire.ts'

/** Bytes of a journal in which its last figures are looked for. */
const TAIL = 2 ** 16

/** Files of what a run is made for. */
const RESULTS = ['prior.safetensors', 'sampler.safetensors']

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {})

/** What a configuration is for: those with a prior distill, those that observe learn, others train. */
export const kindOf = (config: JsonRecord): RunKind => {
  if ('prior' in config) return 'distill'
  const { observations, observe } = recordOf(config.data)
  return observations !== undefined || observe !== undefined ? 'learn' : 'train'
}

/** Steps of a lap by a configuration. */
const stepsOf = (config: JsonRecord, lap: number, laps: number): number | undefined => {
  const { steps, firstSteps, lastSteps } = recordOf(config.train)
  const own = lap <= 1 ? firstSteps : lap >= laps ? lastSteps : undefined
  return numberOf(own) ?? numberOf(steps)
}

/** Fields of a line that are figures, and no place. */
const PLACES = new Set(['event', 'seconds', 'lap', 'step', 'done', 'steps', 'kept', 'of', 'points'])

/** The last figures of judgements: the network's of what was held out, divergences. */
const figuresOf = (lines: readonly Line[]): Figures => {
  const found: Record<string, number | null> = {}
  for (const line of lines) {
    if (line.event !== 'divergence' && !(line.event === 'held' && line.of === 'network')) continue
    for (const [name, value] of Object.entries(line))
      if (!PLACES.has(name) && (typeof value === 'number' || value === null)) found[name] = value
  }
  return found
}

/** Where a run is: the lap and step of its last loss, or the lap that is done. */
const placeOf = (config: JsonRecord, kind: RunKind, lines: readonly Line[]) => {
  const loss = lines.findLast(({ event }) => event === 'loss')
  const done = numberOf(lines.findLast(({ event }) => event === 'lap')?.lap)
  const [at, step] = [numberOf(loss?.lap), numberOf(loss?.step)]
  const laps = kind === 'learn' && !config.learner ? numberOf(recordOf(config.em).laps) : undefined
  if (laps === undefined) return { step, steps: stepsOf(config, 0, 0), loss: numberOf(loss?.loss) }
  const lap = Math.max(at ?? 0, done ?? 0)
  // After the last lap a network may be trained once more, with what was held out until then.
  const isPast = lap > laps
  const isDone = isPast || (done !== undefined && done >= (at ?? 0))
  return {
    lap: Math.min(lap, laps),
    laps,
    step: isDone && !isPast ? undefined : step,
    steps: isPast ? undefined : stepsOf(config, lap, laps),
    loss: numberOf(loss?.loss),
    isDone,
  }
}

/** The share of a run that is done, as far as laps and steps say. */
const shareOf = ({ lap, laps, step = 0, steps, isDone }: ReturnType<typeof placeOf>): number | undefined => {
  if (laps === undefined) return steps ? step / steps : undefined
  if (isDone || lap === 0) return (lap ?? 0) / laps
  return ((lap ?? 1) - 1 + (steps ? step / steps : 0)) / laps
}

const sizeOf = (path: string): { readonly bytes: number; readonly changed: number } => {
  try {
    const { size, mtimeMs } = statSync(path)
    return { bytes: size, changed: mtimeMs }
  } catch {
    return { bytes: 0, changed: 0 }
  }
}

/** When a run last gave a sign of life, in milliseconds since 1970. */
export const lastChange = (path: string): number => {
  const { journal, marker, lock } = layoutOf(path)
  return Math.max(...[journal, marker, lock].map((file) => sizeOf(file).changed))
}

/** @throws TweedieError `input` for a part of a run folder that is a link out of the folder that is served */
export const checkLinks = (folder: string, path: string): void => {
  const { marker, config, journal, lock, checkpoints, draws } = layoutOf(path)
  const out = [marker, config, journal, lock, checkpoints, draws].find((part) => leadsOut(folder, part))
  if (out !== undefined) throw new TweedieError('input', `${out}: a link that leads out of the folder`)
}

/** The row of a run folder below a folder. A damaged run is a row too, which says what is wrong. */
export const runRow = (folder: string, path: string, name: string): RunRow => {
  const { checkpoints, journal, lock } = layoutOf(path)
  const changed = lastChange(path)
  let config: JsonRecord
  try {
    checkLinks(folder, path)
    config = readConfig(path)
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { name, state: 'damaged', kind: 'learn', problem, figures: {}, seconds: 0, changed }
  }
  const kind = kindOf(config)
  const { bytes } = sizeOf(journal)
  const lines = bytes === 0 ? [] : lastLines(journal, bytes, TAIL)
  const owner = lockOwner(lock)
  const isThere = RESULTS.some((file) => existsSync(join(checkpoints, file)))
  const state: RunState =
    owner?.state === 'here' ? 'running' : owner?.state === 'away' ? 'away' : isThere ? 'finished' : 'stopped'
  const { isDone: _, ...place } = placeOf(config, kind, lines)
  const seconds = lines.at(-1)?.seconds ?? 0
  const share = shareOf(placeOf(config, kind, lines))
  const left = state === 'running' && share && share <= 1 ? (seconds * (1 - share)) / share : undefined
  return { name, state, kind, ...place, figures: figuresOf(lines), seconds, left, changed }
}
