/** The baselines of a set, kept in a file: they do not change with what we learn. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { type BaselineEntry, baselines } from '../../src/baselines/index.ts'
import { TweedieError } from '../../src/error.ts'
import { writeAtomic } from '../../src/formats/index.ts'
import type { ObservationSet } from '../../src/observations/index.ts'
import { judge, lastRows, type Tally } from './judge.ts'
import { type Cut, partsOf } from './own-set.ts'

/** A change here makes all be computed again. */
const VERSION = 1

/** Changes since of single ones. */
const REVISIONS: Readonly<Record<string, number>> = { gaussian: 3 }

/** Name of a reading in the file. */
const kept = (name: string): string => [name, REVISIONS[name] ?? []].flat().join(' ')

/** Draws of each observation, of ours too: the fewest that resolve intervals of 90 %. */
export const DRAWS = 19

/** Baselines that learn from all observations; others look at one after the other. */
const POOLED: readonly string[] = ['gaussian']

const readingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('judged'),
    tally: z.strictObject({
      squares: z.array(z.number()),
      crps: z.array(z.number()),
      counts: z.array(z.number()),
      coverage: z.number().optional(),
    }),
    seconds: z.number(),
  }),
  z.strictObject({ kind: z.literal('refused'), why: z.string() }),
])

/** What a baseline came to, or why it does not take the data. */
export type Reading =
  | { readonly kind: 'judged'; readonly tally: Tally; readonly seconds: number }
  | { readonly kind: 'refused'; readonly why: string }

const fileSchema = z.strictObject({ key: z.string(), readings: z.record(z.string(), readingSchema) })

/** What decides the figures. */
const keyOf = ({ set, truth }: Cut): string => {
  const hash = createHash('sha256').update(JSON.stringify([VERSION, DRAWS, set.noise, set.range]))
  for (const array of [set.y, truth, ...Object.values(set.operator.parameters)]) hash.update(array.data)
  return hash.digest('hex').slice(0, 16)
}

const read = (path: string, key: string): Record<string, Reading> => {
  if (!existsSync(path)) return {}
  const file = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  return file.key === key ? file.readings : {}
}

const readingOf = async (entry: BaselineEntry, cut: Cut, set: ObservationSet): Promise<Reading> => {
  const started = performance.now()
  try {
    const estimate = await entry.make()(set, { draws: DRAWS, seed: 0 })
    const seconds = (performance.now() - started) / 1000
    return { kind: 'judged', tally: judge(lastRows(estimate, cut.truth.shape[0]), cut), seconds }
  } catch (error) {
    if (error instanceof TweedieError) return { kind: 'refused', why: error.message }
    throw error
  }
}

/** All baselines on the judged observations of a set, each computed once. */
export const baselineReadings = async (
  cut: Cut,
  path: string,
  onBaseline: (name: string, reading: Reading) => void,
): Promise<ReadonlyMap<string, Reading>> => {
  const key = keyOf(cut)
  const readings = read(path, key)
  const found = new Map<string, Reading>()
  for (const entry of baselines) {
    const at = kept(entry.name)
    if (readings[at] === undefined) {
      const set = POOLED.includes(entry.name) ? cut.set : partsOf(cut).judged
      readings[at] = await readingOf(entry, cut, set)
      writeAtomic(path, new TextEncoder().encode(JSON.stringify({ key, readings })))
    }
    found.set(entry.name, readings[at])
    onBaseline(entry.name, readings[at])
  }
  return found
}
