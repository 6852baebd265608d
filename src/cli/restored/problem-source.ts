/**
 * Problems with their draws and what else is known of them, read part by part: files may be larger than
 * memory.
 */
import { TweedieError } from '../../error.ts'
import {
  chosenObservations,
  countOf,
  type ObservationSet,
  type Observations,
  observationsAt,
  readRows,
  wholeSet,
} from '../../observations/index.ts'
import { float32, NdArray, rowsAt, type Shape, sizeOf, zeros } from '../../tensor/index.ts'
import type { Io } from '../io.ts'
import type { DrawRows, FloatRows, LogDensity } from './foreign-draws.ts'
import { anyRowsAt, columnsAt, distinct, listed, lostDraws } from './lost-draws.ts'
import type { RepairedFile, RepairedRows } from './repair.ts'

type Floats = NdArray<'float32'>

/** Draws of N problems, and what else is known of each. */
export interface OfProblems {
  readonly draws: Floats
  readonly truth?: Floats
  readonly set?: ObservationSet
  readonly given?: Floats
  readonly logDensity?: LogDensity
  readonly repaired?: RepairedFile
}

/** The same in files. */
export interface ProblemFiles {
  readonly draws: DrawRows
  readonly truth?: FloatRows
  /** The observations, N of them. */
  readonly set?: Observations
  /** What the draws were given, where that is not y of the observations. */
  readonly given?: FloatRows
  readonly logDensity?: (from: number, to: number) => LogDensity
  readonly repaired?: RepairedRows
}

/** Problems of files, without those that have a lost draw, or that a share leaves out. */
export interface ProblemSource extends ProblemFiles {
  /** [K, N, ...event], N without the problems that are left out. */
  readonly shape: Shape
  /** Numbers of these in the files, ascending. */
  readonly leftOut: readonly number[]
}

/** The observations of the problems that are not left out. */
export const soundObservations = (set: Observations, leftOut: readonly number[]): Observations => {
  if (leftOut.length === 0) return set
  const gone = new Set(leftOut)
  return chosenObservations(
    set,
    Array.from({ length: countOf(set) }, (_, i) => i).filter((i) => !gone.has(i)),
  )
}

/** Elements of draws that are in memory at once. */
const PIECE = 2 ** 20

/** Problems in one part: the draws of so many, and at least one. */
const partSize = ([k, , ...event]: Shape): number => Math.max(1, Math.floor(PIECE / (k * sizeOf(event))))

/** Calls `work` with the bounds of each part, from … to − 1. */
const eachPart = async ({ draws: { shape } }: ProblemFiles, work: (from: number, to: number) => unknown) => {
  const size = partSize(shape)
  for (let from = 0; from < shape[1]; from += size) await work(from, Math.min(shape[1], from + size))
}

/**
 * Looks for lost draws, whose problems are left out, which is said.
 *
 * @param file - of the draws, for messages
 * @throws TweedieError `input` when no problem is left
 */
export const soundProblems = async (
  files: ProblemFiles,
  file: string,
  io: Pick<Io, 'note'>,
): Promise<ProblemSource> => {
  const [k, n, ...event] = files.draws.shape
  const lost: number[] = []
  await eachPart(files, (from, to) => {
    for (const problem of distinct(lostDraws(files.draws.draws(from, to)))) lost.push(from + problem)
  })
  if (lost.length === n)
    throw new TweedieError('input', `${file}: every problem has a draw that is lost (NaN)`)
  if (lost.length > 0)
    io.note(`${file}: ${lost.length} of ${n} problems have a lost draw (NaN), left out: ${listed(lost)}`)
  return { ...files, shape: [k, n - lost.length, ...event], leftOut: lost }
}

/** Problems from … to − 1, those that are lost among them. @param what - `signals`: not all that is known */
const readPart = async (
  { draws, truth, set, given, logDensity, repaired }: ProblemFiles,
  from: number,
  to: number,
  what: 'signals' | 'all',
): Promise<OfProblems> => {
  const own = set && (what === 'all' || !given) ? readRows(set, from, to) : undefined
  const told = given ? await given.rows(from, to) : own?.y
  const all = what === 'all'
  return {
    draws: draws.draws(from, to),
    ...(truth ? { truth: await truth.rows(from, to) } : {}),
    ...(own ? { set: own } : {}),
    ...(told ? { given: told } : {}),
    ...(all && truth && logDensity ? { logDensity: logDensity(from, to) } : {}),
    ...(all && repaired ? { repaired: repaired.rows(from, to) } : {}),
  }
}

/** Some of the problems, in this order. */
const chosenProblems = (
  { draws, truth, set, given, logDensity, repaired }: OfProblems,
  kept: readonly number[],
): OfProblems => {
  const intervals = repaired?.intervals.map((interval) => ({
    ...interval,
    low: anyRowsAt(interval.low, kept),
    high: anyRowsAt(interval.high, kept),
  }))
  return {
    draws: columnsAt(draws, kept),
    ...(truth ? { truth: rowsAt(truth, kept) } : {}),
    ...(set ? { set: observationsAt(set, kept) } : {}),
    ...(given ? { given: rowsAt(given, kept) } : {}),
    ...(logDensity
      ? { logDensity: { draws: columnsAt(logDensity.draws, kept), truth: rowsAt(logDensity.truth, kept) } }
      : {}),
    ...(repaired && intervals ? { repaired: { ...repaired, intervals } } : {}),
  }
}

/** A part of the problems. */
export interface ProblemsPart {
  /** Sound ones. */
  readonly problems: OfProblems
  /** Number of the first one among all that are sound. */
  readonly first: number
}

const soundPart = async (
  source: ProblemSource,
  from: number,
  to: number,
  what: 'signals' | 'all',
): Promise<OfProblems | undefined> => {
  const all = await readPart(source, from, to, what)
  const gone = new Set(source.leftOut)
  const kept = Array.from({ length: to - from }, (_, i) => i).filter((i) => !gone.has(from + i))
  if (kept.length === 0) return undefined
  return kept.length === to - from ? all : chosenProblems(all, kept)
}

/** Calls `work` with each part of the problems: the same parts in the same order each time. */
export const eachProblemPart = async (
  source: ProblemSource,
  what: 'signals' | 'all',
  work: (part: ProblemsPart) => Promise<void> | void,
): Promise<void> => {
  let first = 0
  await eachPart(source, async (from, to) => {
    const problems = await soundPart(source, from, to, what)
    if (!problems) return
    await work({ problems, first })
    first += problems.draws.shape[1]
  })
}

/**
 * The same problems where their draws are of so many bytes at most in float32; beyond that as many as these
 * hold, evenly spaced.
 */
export const shareOfProblems = (source: ProblemSource, bytes: number): ProblemSource => {
  const [k, n, ...event] = source.shape
  const count = Math.min(n, Math.max(1, Math.floor(bytes / (4 * k * sizeOf(event)))))
  if (count === n) return source
  const gone = new Set(source.leftOut)
  const all = Array.from({ length: source.draws.shape[1] }, (_, i) => i)
  const sound = all.filter((i) => !gone.has(i))
  const kept = new Set(Array.from({ length: count }, (_, i) => sound[Math.floor((i * n) / count)]))
  return { ...source, shape: [k, count, ...event], leftOut: all.filter((i) => !kept.has(i)) }
}

/** Arrays [K, n, ...] side by side along their second axis. */
const besideEachOther = (parts: readonly Floats[]): Floats => {
  const [k, , ...rest] = parts[0].shape
  const n = parts.reduce((sum, { shape }) => sum + shape[1], 0)
  const out = zeros([k, n, ...rest])
  let at = 0
  for (const { data, shape } of parts) {
    const run = shape[1] * sizeOf(rest)
    for (let d = 0; d < k; d++) out.data.set(data.subarray(d * run, (d + 1) * run), d * n * sizeOf(rest) + at)
    at += run
  }
  return out
}

/** Arrays [n, ...] one after the other. */
const joined = (parts: readonly NdArray[]): Floats => {
  const side = besideEachOther(
    parts.map((part) => new NdArray('float32', [1, ...part.shape], float32(part).data)),
  )
  return new NdArray('float32', side.shape.slice(1), side.data)
}

/** Intervals of the same levels, of problems that follow each other. */
const joinedIntervals = (parts: readonly RepairedFile[]): RepairedFile => ({
  ...parts[0],
  intervals: parts[0].intervals.map((level, l) => ({
    ...level,
    low: joined(parts.map(({ intervals }) => intervals[l].low)),
    high: joined(parts.map(({ intervals }) => intervals[l].high)),
  })),
})

/** All problems of a source in memory, but for log q. */
export const allProblems = async (source: ProblemSource): Promise<Omit<OfProblems, 'logDensity'>> => {
  const parts: OfProblems[] = []
  await eachProblemPart(source, 'all', ({ problems }) => {
    parts.push(problems)
  })
  const [only, ...more] = parts
  if (more.length === 0) return only
  const each = <A>(of: (part: OfProblems) => A | undefined): A[] => parts.flatMap((part) => of(part) ?? [])
  const [truth, given, repaired] = [
    each((part) => part.truth),
    each((part) => part.given),
    each((part) => part.repaired),
  ]
  const { set, leftOut } = source
  return {
    draws: besideEachOther(parts.map(({ draws }) => draws)),
    ...(set ? { set: wholeSet(soundObservations(set, leftOut)) } : {}),
    ...(truth.length > 0 ? { truth: joined(truth) } : {}),
    ...(given.length > 0 ? { given: joined(given) } : {}),
    ...(repaired.length > 0 ? { repaired: joinedIntervals(repaired) } : {}),
  }
}
