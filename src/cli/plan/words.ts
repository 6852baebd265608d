/** A plan in words and as JSON. */
import type { JsonRecord } from '../../json.ts'
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

/** A line: what, and its value. */
type Field = readonly [name: string, value: string]

/** A line for what there is. */
const optional = (name: string, value: string | undefined): Field[] =>
  value === undefined ? [] : [[name, value]]

const formatOptional = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : formatTime(seconds)

const timeFields = ({ command }: Counts, { step, draw, lap, run }: Times): Field[] => [
  ['a step', formatTime(step)],
  ...optional('a draw', formatOptional(draw)),
  ...optional('a lap', formatOptional(lap)),
  [command === 'learn' ? 'all laps' : 'all steps', formatTime(run)],
]

/** What workers share; a draw of one observation is one worker's. */
const sharedFields = (counts: Counts, measured: Measured, workers: number | undefined): Field[] =>
  workers === undefined
    ? []
    : timeFields(counts, { ...timesOf(counts, measured, workers), draw: undefined }).map(
        ([name, value]): Field => [name, `${value} with ${workers} workers, ideally`],
      )

const measuredWords = ({ command, step }: Counts, { rows, drawRows }: Measured): string => {
  const draws = drawRows === undefined ? '' : `, a sampler step of ${drawRows} observations`
  const without = command === 'learn' ? '; without the Gaussian start and the draws of lap 1' : ''
  return (
    `measured here: a training step of ${rows} of ${step.batch} rows${draws}; ` +
    `the rest by proportion${without}`
  )
}

const timeWords = ({ counts, measured, workers }: Told): Field[] =>
  measured
    ? [
        ...timeFields(counts, timesOf(counts, measured)),
        ...sharedFields(counts, measured, workers),
        ['times', measuredWords(counts, measured)],
      ]
    : []

const stepWords = (counts: Counts): string => {
  const { laps, batch, rows } = counts.step
  const of = laps.length > 1 ? `${laps.length} laps, ` : ''
  const parts = rows < batch ? `, ${rows} at once` : ''
  return `${of}${sum(laps)} steps of ${batch} rows${parts}: ${formatFlops(flopsOfStep(counts))} each`
}

const drawWords = (counts: Counts): string | undefined => {
  const flops = flopsOfDraw(counts)
  if (!counts.draw || flops === undefined) return undefined
  return `${counts.draw.count} a lap, ${counts.draw.rows} at once: ${formatFlops(flops)} each`
}

const memoryWords = (counts: Counts, { memory }: Room): string => {
  const peak = peakOf(counts)
  return (
    `${formatBytes(peak.memory)} at its peak, ${peak.name}; ${formatBytes(memory.bytes)} of the ` +
    `${memory.of} (estimates hold within a factor of ${MEMORY_FACTOR})`
  )
}

/** The plan as lines. */
export const planWords = (told: Told): string => {
  const { counts, room, misfits } = told
  const { command, network, event, items, assumed, step, stages, stored } = counts
  return formatFields([
    ['command', command],
    ['network', `${network}, ${formatCount(step.cost.parameters)} parameters`],
    ['data', `${items} of [${event.join(', ')}]${assumed ? ` (${assumed})` : ''}`],
    ['steps', stepWords(counts)],
    ...optional('draws', drawWords(counts)),
    ['memory', memoryWords(counts, room)],
    ...stages.map(({ name, memory }): Field => ['', `${name} ${formatBytes(memory)}`]),
    ['disk', `${formatBytes(storedBytes(counts))}; ${formatBytes(room.disk)} are free`],
    ...stored.map(({ name, bytes }): Field => ['', `${name} ${formatBytes(bytes)}`]),
    ...timeWords(told),
    ...misfits.map((misfit): Field => ['does not fit', misfitWords(misfit)]),
  ])
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
