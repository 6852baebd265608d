/** What of a plan does not fit into the machine, and what changes that. */
import { TweedieError } from '../../error.ts'
import { MEMORY_FACTOR } from './estimate.ts'
import { freeDisk, type MemoryLimit, memoryLimit } from './machine.ts'
import { type Counts, storedBytes } from './plan.ts'

/** What the machine has. */
export interface Room {
  readonly memory: MemoryLimit
  /** Free bytes where the run folder will be. */
  readonly disk: number
}

/** The room for a run in a folder. */
export const roomFor = (folder: string): Room => ({ memory: memoryLimit(), disk: freeDisk(folder) })

/** Something that is too large. */
export interface Misfit {
  readonly what: 'memory' | 'disk'
  /** Of what: a stage, or what takes the most of the disk. */
  readonly name: string
  /** Bytes. */
  readonly needed: number
  readonly available: number
  readonly fields: readonly string[]
  /** A field with a value at which it would fit, where one is known. */
  readonly remedy?: string
  /** Whether it cannot fit, also when the estimate is off by its whole factor. */
  readonly certain: boolean
}

/** What does not fit. Stages by memory, then the disk. */
export const misfitsOf = (counts: Counts, { memory, disk }: Room): Misfit[] => {
  const stages = counts.stages
    .filter((stage) => stage.memory > memory.bytes)
    .map(
      ({ name, memory: needed, fields }): Misfit => ({
        what: 'memory',
        name,
        needed,
        available: memory.bytes,
        fields,
        certain: needed / MEMORY_FACTOR > memory.bytes,
      }),
    )
  const needed = storedBytes(counts)
  if (needed <= disk) return stages
  const [first] = counts.stored.toSorted((a, b) => b.bytes - a.bytes)
  const { name, fields } = first
  return [...stages, { what: 'disk', name, needed, available: disk, fields, certain: true }]
}

/** `3.2 GB`, `640 MB`. */
export const formatBytes = (bytes: number): string => {
  if (bytes >= 2 ** 40) return `${(bytes / 2 ** 40).toFixed(1)} TB`
  if (bytes >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(1)} GB`
  return bytes >= 2 ** 20 ? `${(bytes / 2 ** 20).toFixed(0)} MB` : `${Math.ceil(bytes / 2 ** 10)} kB`
}

/** One line on what does not fit. */
export const misfitWords = ({ what, name, needed, available, fields, certain, remedy }: Misfit): string => {
  const there = `${formatBytes(needed)}, ${formatBytes(available)} are there`
  const change = remedy === undefined ? `change ${fields.join(', ')}` : `${remedy} would fit`
  if (what === 'disk') return `disk: ${name} and the rest need ${there}; ${change}`
  return `memory: ${name} ${certain ? 'needs' : 'may need'} about ${there}; ${change}`
}

/**
 * Refuses what cannot fit.
 *
 * @throws TweedieError `input`, one line: what is too large, and what changes that
 */
export const refuseTooLarge = (counts: Counts, folder: string): void => {
  const [first] = misfitsOf(counts, roomFor(folder)).filter(({ certain }) => certain)
  if (first) throw new TweedieError('input', `does not fit: ${misfitWords(first)} (or say --overcommit)`)
}
