/** A plan in words and as JSON. */
import type { JsonRecord } from '../../json.ts'
import { sizeOf } from '../../tensor/index.ts'
import { recordOf } from '../config/record.ts'
import { formatSeconds } from '../progress-bar.ts'
import { formatFields } from '../table.ts'
import { MEMORY_FACTOR } from './estimate.ts'
import { type Counts, peakOf, storedBytes, type Times, timesOf } from './plan.ts'
import type { Measured } from './timing.ts'
import { formatBytes, type Misfit, misfitWords, type Room } from './verdict.ts'

/** All that is told. */
export interface Told {
  readonly counts: Counts
  readonly room: Room
  readonly misfits: readonly Misfit[]
  readonly measured?: Measured
  readonly workers?: number
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)

/** `3.2 million`. */
const formatCount = (count: number): string =>
  count >= 1e6 ? `${(count / 1e6).toPrecision(3)} million` : String(count)

/** `15.4 TFLOP`. */
const formatFlops = (flops: number): string => {
  const units = ['', 'k', 'M', 'G', 'T', 'P', 'E']
  const k = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log10(Math.max(flops, 1)) / 3)))
  return `${(flops / 1000 ** k).toPrecision(3)} ${units[k]}FLOP`
}

/** Days where hours would be long. */
const formatTime = (seconds: number): string => {
  if (seconds >= 48 * 3600) return `${(seconds / 86_400).toPrecision(3)} days`
  return seconds < 10 ? `${seconds.toPrecision(2)} s` : formatSeconds(seconds)
}

/** Operations of a whole step, and of a draw of one observation by the last lap's sampler. */
export const flopsOfStep = ({ step }: Counts): number => (step.cost.flops / step.rows) * step.batch
export const flopsOfDraw = ({ draw }: Counts): number | undefined =>
  draw && (draw.cost.flops / draw.rows) * (draw.laps.at(-1) ?? 0)

const timeFields = (counts: Counts, times: Times): [string, string][] => [
  ['a step', formatTime(times.step)],
  ...(times.draw === undefined ? [] : [['a draw', formatTime(times.draw)] as [string, string]]),
  ...(times.lap === undefined ? [] : [['a lap', formatTime(times.lap)] as [string, string]]),
  [counts.command === 'learn' ? 'all laps' : 'all steps', formatTime(times.run)],
]

const measuredWords = ({ rows, drawRows }: Measured, { step }: Counts): string => {
  const draws = drawRows === undefined ? '' : `, a sampler step of ${drawRows} observations`
  return `measured here: a training step of ${rows} of ${step.batch} rows${draws}; the rest by proportion`
}

const timeWords = ({ counts, measured, workers }: Told): [string, string][] => {
  if (!measured) return []
  const all = timeFields(counts, timesOf(counts, measured))
  const shared =
    workers === undefined
      ? []
      : timeFields(counts, timesOf(counts, measured, workers))
          .filter(([name]) => name !== 'a draw')
          .map(([name, value]): [string, string] => [name, `${value} with ${workers} workers, ideally`])
  const left = counts.command === 'learn' ? '; without the Gaussian start and the draws of lap 1' : ''
  return [...all, ...shared, ['times', `${measuredWords(measured, counts)}${left}`]]
}

/** The plan as lines. */
export const planWords = (told: Told): string => {
  const { counts, room, misfits } = told
  const { command, network, event, items, assumed, step, draw, stages, stored } = counts
  const peak = peakOf(counts)
  const drawFlops = flopsOfDraw(counts)
  const laps = step.laps.length > 1 ? `${step.laps.length} laps, ` : ''
  const parts = step.rows < step.batch ? `, ${step.rows} at once` : ''
  const fields: [string, string][] = [
    ['command', command],
    ['network', `${network}, ${formatCount(step.cost.parameters)} parameters`],
    ['data', `${items} of [${event.join(', ')}], ${sizeOf(event)} numbers${assumed ? ` (${assumed})` : ''}`],
    [
      'steps',
      `${laps}${sum(step.laps)} steps of ${step.batch} rows${parts}: ${formatFlops(flopsOfStep(counts))} each`,
    ],
    ...(draw && drawFlops !== undefined
      ? [
          ['draws', `${draw.count} a lap, ${draw.rows} at once: ${formatFlops(drawFlops)} each`] as [
            string,
            string,
          ],
        ]
      : []),
    [
      'memory',
      `${formatBytes(peak.memory)} at its peak, ${peak.name}; ${formatBytes(room.memory.bytes)} of the ${room.memory.of} (estimates hold within a factor of ${MEMORY_FACTOR})`,
    ],
    ...stages.map((stage): [string, string] => ['', `${stage.name} ${formatBytes(stage.memory)}`]),
    ['disk', `${formatBytes(storedBytes(counts))}; ${formatBytes(room.disk)} are free`],
    ...stored.map(({ name, bytes }): [string, string] => ['', `${name} ${formatBytes(bytes)}`]),
    ...timeWords(told),
    ...misfits.map((misfit): [string, string] => ['does not fit', misfitWords(misfit)]),
  ]
  return formatFields(fields)
}

/** The plan as data: bytes, seconds, operations. */
export const planJson = ({ counts, room, misfits, measured, workers }: Told): JsonRecord => {
  const { command, network, event, items, assumed, step, draw, stages, stored } = counts
  const peak = peakOf(counts)
  const times = measured && timesOf(counts, measured)
  const json = {
    command,
    network,
    parameters: step.cost.parameters,
    data: { items, event, ...(assumed ? { assumed } : {}) },
    step: { batch: step.batch, rows: step.rows, steps: sum(step.laps), flops: flopsOfStep(counts) },
    ...(draw ? { draw: { draws: draw.count, rows: draw.rows, flops: flopsOfDraw(counts) } } : {}),
    laps: step.laps.length,
    memory: {
      peak: peak.memory,
      stage: peak.name,
      available: room.memory.bytes,
      of: room.memory.of,
      factor: MEMORY_FACTOR,
      stages: stages.map(({ name, memory }) => ({ name, bytes: memory })),
    },
    disk: {
      needed: storedBytes(counts),
      available: room.disk,
      stored: stored.map(({ name, bytes }) => ({ name, bytes })),
    },
    ...(times && measured
      ? {
          seconds: { ...times },
          measured: { rows: measured.rows, drawRows: measured.drawRows },
          ...(workers === undefined
            ? {}
            : { workers: { count: workers, seconds: { ...timesOf(counts, measured, workers) } } }),
        }
      : {}),
    fits: misfits.length === 0,
    misfits: misfits.map((misfit) => ({ ...misfit })),
  }
  return recordOf(json)
}
