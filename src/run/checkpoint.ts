import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { z } from 'zod'
import { TweedieError } from '../error.ts'
import { openArrays, readSafetensors, writeArrays } from '../formats/index.ts'
import { type Json, parseJson } from '../json.ts'
import type { NdArray } from '../tensor/ndarray.ts'
import { flatten } from '../tensor/tree.ts'
import type { Run } from './folder.ts'

/**
 * The content of a checkpoint, as given: a nested record of arrays and whatever JSON the caller needs to go
 * on.
 */
export interface CheckpointContent {
  readonly arrays: object
  readonly state: Json
}

/**
 * A checkpoint as read: arrays by dotted name (`net.blocks.0.weight`; `unflatten` of tensor/ nests them
 * again).
 */
export interface Checkpoint {
  readonly path: string
  readonly arrays: Readonly<Record<string, NdArray>>
  readonly state: Json
  /** Lines that the journal had when it was saved; undefined for a kept one. */
  readonly journalLines?: number
}

/** How {@link saveCheckpoint} treats a checkpoint. */
export interface SaveOptions {
  /** Resume points to leave in the folder, the new one included, ≥ 1 (default 2). */
  readonly keepLast?: number
  /** File name of one more resume point to leave: that which a later phase began with. */
  readonly base?: string
}

const FORMAT = 'tweedie-checkpoint'
const VERSION = '1'
const pointName = /^(\d{6,})-.*\.safetensors$/

/**
 * Saves a resume point, `checkpoints/000042-<name>.safetensors`, and removes all but the last few.
 *
 * The journal is flushed first and its length noted, so that {@link resumeCheckpoint} takes both back to the
 * same moment.
 *
 * @returns the path of the file.
 * @throws TweedieError `io` when the disk refuses: the points before are then still there.
 */
export const saveCheckpoint = (
  run: Run,
  name: string,
  content: CheckpointContent,
  { keepLast = 2, base }: SaveOptions = {},
): string => {
  const points = resumePoints(run.paths.checkpoints)
  const number = (points.at(-1)?.number ?? 0) + 1
  const path = join(run.paths.checkpoints, `${String(number).padStart(6, '0')}-${checked(name)}.safetensors`)
  run.journal.flush()
  writeCheckpoint(path, content, { journal: `${run.journal.lines}` })
  const outdated = points.slice(0, Math.max(0, points.length + 1 - Math.max(1, keepLast)))
  for (const point of outdated) if (basename(point.path) !== base) rmSync(point.path, { force: true })
  return path
}

/**
 * Saves a result under a lasting name, `checkpoints/<name>.safetensors`: the prior of a lap, say. It is never
 * removed and never resumed from.
 *
 * @returns the path of the file.
 * @throws TweedieError `io` when the disk refuses.
 */
export const keepCheckpoint = (run: Run, name: string, content: CheckpointContent): string => {
  const path = join(run.paths.checkpoints, `${checked(name)}.safetensors`)
  if (pointName.test(`${name}.safetensors`)) {
    throw new TweedieError('input', `checkpoint name '${name}' looks like that of a resume point`)
  }
  writeCheckpoint(path, content)
  return path
}

/**
 * Files of the results that {@link keepCheckpoint} saved, by name. Takes `{ paths: layoutOf(folder) }` for
 * reading alone.
 */
export const keptCheckpoints = ({ paths }: Pick<Run, 'paths'>): string[] =>
  checkpointsIn(paths.checkpoints)
    .filter((name) => !pointName.test(name))
    .sort()
    .map((name) => join(paths.checkpoints, name))

/**
 * The newest resume point, or undefined when there is none. Takes `{ paths: layoutOf(folder) }` for reading
 * alone.
 */
export const latestCheckpoint = ({ paths }: Pick<Run, 'paths'>): Checkpoint | undefined => {
  const path = resumePoints(paths.checkpoints).at(-1)?.path
  return path === undefined ? undefined : readCheckpoint(path)
}

/**
 * Takes a run back to its newest resume point: returns it and cuts the journal to the lines of that moment,
 * so that work done again is not recorded twice. Without a resume point the journal becomes empty.
 */
export const resumeCheckpoint = (run: Run): Checkpoint | undefined => {
  const checkpoint = latestCheckpoint(run)
  run.journal.cut(checkpoint?.journalLines ?? 0)
  return checkpoint
}

/**
 * Reads a checkpoint file.
 *
 * @throws TweedieError `input` when it is missing, damaged, no checkpoint, or of another version.
 */
export const readCheckpoint = (path: string): Checkpoint => {
  const { arrays, metadata } = readSafetensors(path)
  if (metadata.format !== FORMAT || metadata.state === undefined) {
    throw new TweedieError('input', `${path}: not a checkpoint of tweedie (no '${FORMAT}' in its metadata)`)
  }
  if (metadata.version !== VERSION) {
    throw new TweedieError(
      'input',
      `${path}: checkpoint version ${metadata.version}, this tweedie reads ${VERSION}`,
    )
  }
  const journalLines = metadata.journal === undefined ? undefined : Number(metadata.journal)
  return { path, arrays, state: parseJson(metadata.state, `${path} state`), journalLines }
}

/** The state in the header of a checkpoint; null where the file cannot be read: nothing goes on from it. */
export const checkpointState = (path: string): Json => {
  try {
    const { metadata, close } = openArrays(path)
    close()
    return parseJson(metadata.state ?? 'null', `${path} state`)
  } catch (error) {
    if (error instanceof TweedieError) return null
    throw error
  }
}

/** The states of the resume points of a run, oldest first; of each file the header alone is read. */
export const resumeStates = ({
  paths,
}: Pick<Run, 'paths'>): { readonly name: string; readonly state: Json }[] =>
  resumePoints(paths.checkpoints).map(({ path }) => ({ name: basename(path), state: checkpointState(path) }))

interface ResumePoint {
  readonly number: number
  readonly path: string
}

/** Resume points of a folder, oldest first. */
const resumePoints = (folder: string): ResumePoint[] =>
  checkpointsIn(folder)
    .map((name) => ({ number: Number(pointName.exec(name)?.[1]), path: join(folder, name) }))
    .filter(({ number }) => !Number.isNaN(number))
    .sort((a, b) => a.number - b.number)

const checkpointsIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.safetensors')) : []

/** Writes a checkpoint file, with more text among its metadata. @throws TweedieError `io` */
export const writeCheckpoint = (
  path: string,
  { arrays, state }: CheckpointContent,
  more: Readonly<Record<string, string>> = {},
): void =>
  writeArrays(path, flatten(arrays), {
    format: FORMAT,
    version: VERSION,
    state: JSON.stringify(state),
    ...more,
  })

const checked = (name: string): string => {
  if (/^[\w][\w.-]*$/.test(name)) return name
  throw new TweedieError('input', `checkpoint name '${name}': expected letters, digits, '-', '_' and '.'`)
}

/**
 * The state of a checkpoint by its schema.
 *
 * @param problem - how the message begins
 * @throws TweedieError `input` for another state, with the first field that is wrong
 */
export const parsedState = <S extends z.ZodType>(schema: S, state: unknown, problem: string): z.output<S> => {
  const parsed = schema.safeParse(state)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new TweedieError('input', `${problem} (${issue?.path.join('.')}: ${issue?.message})`)
}
