/**
 * Laps by many processes: `npm run bench -- scale [--only efficiency,overhead,bits,simulation]
 * [--figure FILE.svg] [--json]`.
 *
 * Shards a second of one and two workers (target: twice as many, within a tenth); what each way takes beside
 * drawing, as per cent of shards of ten seconds (target: less than 2); whether all ways end with the same
 * bits; and by workers that sleep, 1 to 512 of them, where the coordinator becomes the bottleneck. Queues are
 * Redis and PostgreSQL of this machine, started for the bench; one that is not installed is left out. Ten
 * minutes on two cores at rest.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { TweedieError } from '../src/error.ts'
import { writeAtomic } from '../src/formats/index.ts'
import { bitsOf } from './scale/bits.ts'
import { efficiencyIn } from './scale/efficiency.ts'
import { scaleFigure } from './scale/figure.ts'
import { handOvers } from './scale/hand-over.ts'
import { type Queue, withQueues } from './scale/queues.ts'
import { simulated } from './scale/simulation.ts'
import { type Figures, wordsOf } from './scale/words.ts'

const TARGET = { efficiency: 0.9, percent: 2 } as const

const parts = ['efficiency', 'overhead', 'bits', 'simulation'] as const

const chosen = (only: string | undefined): readonly string[] => {
  const wanted = only?.split(',') ?? parts
  const stray = wanted.find((name) => !parts.some((part) => part === name))
  if (stray === undefined) return wanted
  throw new TweedieError('input', `--only: expected some of ${parts.join(', ')}, got '${stray}'`)
}

const equalBits = async (folder: string, queues: readonly Queue[]) => {
  const ways = await bitsOf(folder, queues)
  return { equal: new Set(ways.map(({ digest }) => digest)).size === 1, ways }
}

const measured = async (
  wanted: readonly string[],
  folder: string,
  queues: readonly Queue[],
): Promise<Figures> => {
  const of = async <T>(name: string, measure: () => Promise<T>): Promise<T | undefined> => {
    if (!wanted.includes(name)) return undefined
    console.error(`scale: ${name}`)
    return measure()
  }
  const efficiency = await of('efficiency', () => efficiencyIn(folder))
  const overhead = await of('overhead', () => handOvers(folder, queues))
  const bits = await of('bits', () => equalBits(folder, queues))
  const simulation = await of('simulation', () =>
    simulated(folder, queues, (way, { workers, seconds, rate }) =>
      console.error(`${way}, ${workers} workers of ${seconds} s: ${rate.toPrecision(3)} shards a second`),
    ),
  )
  return { efficiency, overhead, bits, simulation }
}

const isReached = ({ efficiency, overhead, bits }: Figures): boolean =>
  (efficiency?.workers.efficiency ?? 1) >= TARGET.efficiency &&
  (overhead ?? []).every(({ percent }) => percent < TARGET.percent) &&
  (bits?.equal ?? true)

/** @returns the exit code: 1 when a target is missed */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      figure: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const wanted = chosen(values.only)
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-scale-'))
  try {
    const figures = await withQueues((queues) => measured(wanted, folder, queues))
    const { simulation } = figures
    if (values.figure !== undefined && simulation)
      writeAtomic(values.figure, Buffer.from(scaleFigure(simulation)))
    console.log(values.json ? JSON.stringify({ target: TARGET, ...figures }) : wordsOf(figures))
    return isReached(figures) ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
