/** The files of a replica's round: where it begins, written by who learns, and where it comes. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { fileDigest, readSafetensors, writeArrays } from '../../formats/index.ts'
import { flatten, NdArray, toNumbers, unflatten, zeros } from '../../tensor/index.ts'
import type { TrainState } from '../../training/index.ts'
import { checkpointState, readCheckpoint, writeCheckpoint } from '../checkpoint.ts'
import { digestIfThere, type FileState, fileState } from './made-file.ts'

/** A round of a replica. */
interface RoundPlace {
  readonly step: number
  readonly replica: number
}

const nameOf = ({ step, replica }: RoundPlace): string => `round-${String(step).padStart(6, '0')}-${replica}`

/** Where a replica begins a round. */
export const roundStart = (folder: string, place: RoundPlace): string =>
  join(folder, `${nameOf(place)}-start.safetensors`)

/** Where it comes. */
export const roundEnd = (folder: string, place: RoundPlace): string =>
  join(folder, `${nameOf(place)}-end.safetensors`)

const startSchema = z.object({
  kind: z.literal('round'),
  training: z.string(),
  step: z.int().nonnegative(),
  steps: z.int().positive(),
  of: z.int().positive(),
  replica: z.int().nonnegative(),
})

/** What a start says of its round. */
type RoundStart = Omit<z.output<typeof startSchema>, 'kind'>

/**
 * Writes where a replica begins.
 *
 * @returns digest of the file
 * @throws TweedieError `io` when the disk refuses
 */
export const writeStart = (folder: string, round: RoundStart, train: TrainState): string => {
  const path = roundStart(folder, round)
  writeCheckpoint(path, { arrays: { train }, state: { kind: 'round', ...round } })
  return fileDigest(path)
}

/** A start in a folder; nothing where its round is over by now. */
const startAt = (folder: string, name: string): (RoundStart & { readonly start: string }) | undefined => {
  const path = join(folder, name)
  const { data } = startSchema.safeParse(checkpointState(path))
  const start = digestIfThere(path)
  if (!data || start === undefined) return undefined
  const { kind: _, ...round } = data
  return { ...round, start }
}

/** The rounds of a folder that nobody has taken to their end. */
export const openStarts = (folder: string): (RoundStart & { readonly start: string })[] =>
  readdirSync(folder)
    .filter((name) => /^round-\d+-\d+-start\.safetensors$/.test(name))
    .sort()
    .flatMap((name) => {
      const round = startAt(folder, name)
      return round && !existsSync(roundEnd(folder, round)) ? [round] : []
    })

/**
 * Reads where a replica begins.
 *
 * @param like - a state of the same network
 */
export const readStart = (folder: string, place: RoundPlace, like: TrainState): TrainState => {
  const path = roundStart(folder, place)
  return unflatten({ train: like }, readCheckpoint(path).arrays, path).train
}

/** Where a replica comes, and the loss of each step. */
export interface RoundEnd {
  readonly train: TrainState
  readonly losses: readonly number[]
}

/**
 * Writes where a replica comes, whole or not at all.
 *
 * @param start - digest of where it began
 */
export const writeEnd = (
  folder: string,
  place: RoundPlace,
  { train, losses }: RoundEnd,
  start: string,
): void =>
  writeArrays(
    roundEnd(folder, place),
    flatten({ train, losses: new NdArray('float64', [losses.length], Float64Array.from(losses)) }),
    { start },
  )

/** Whether the end of a round is there, whole, and of this start. */
export const endState = (folder: string, place: RoundPlace, start: string): FileState =>
  fileState(roundEnd(folder, place), ({ metadata }) => metadata.start === start)

/**
 * Reads where a replica came.
 *
 * @param like - a state of the same network
 */
export const readEnd = (
  folder: string,
  { steps, ...place }: RoundPlace & { readonly steps: number },
  like: TrainState,
): RoundEnd => {
  const path = roundEnd(folder, place)
  const { arrays } = readSafetensors(path)
  const { train, losses } = unflatten({ train: like, losses: zeros([steps], 'float64') }, arrays, path)
  return { train, losses: toNumbers(losses) }
}

/** Removes an end that is not what it should be. */
export const removeEnd = (folder: string, place: RoundPlace): void =>
  rmSync(roundEnd(folder, place), { force: true })

/** Removes the files of a round that is over. */
export const removeRound = (folder: string, place: RoundPlace): void => {
  rmSync(roundStart(folder, place), { force: true })
  removeEnd(folder, place)
}
