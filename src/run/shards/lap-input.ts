/**
 * What the jobs of a lap have in common, as a file in the folder of its samples. A job names the digest of
 * this file, so one of another lap, run or version is never taken for it.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { measurementDigest } from '../../amortize/index.ts'
import { TweedieError } from '../../error.ts'
import { flushFolder } from '../../formats/bytes/atomic.ts'
import { fileDigest } from '../../formats/index.ts'
import type { JsonRecord } from '../../json.ts'
import { countOf, type Observations } from '../../observations/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import { parsedState, readCheckpoint, writeCheckpoint } from '../checkpoint.ts'
import { digestIfThere } from './made-file.ts'

/** What has to be the same wherever a job is done. */
export interface LapIdentity {
  /** Version of tweedie. */
  readonly software: string
  /** {@link observationsDigest} of what the lap draws for. */
  readonly observations: string
}

/** A digest of how many observations there are, and of the first and the last of them. */
export const observationsDigest = (set: Observations): string => {
  const count = countOf(set)
  const ends = [0, count - 1].map((row) => measurementDigest(set, row))
  return createHash('sha256')
    .update([count, ...ends].join(' '))
    .digest('hex')
}

/** What the state of each such file says. */
export const lapInput = {
  lap: z.int().nonnegative(),
  software: z.string(),
  observations: z.string(),
}

/**
 * Writes a file. Written anew, it has the same bytes.
 *
 * @returns its digest
 * @throws TweedieError `io` when the disk refuses
 */
export const writeLapInput = (
  path: string,
  { arrays, state }: { readonly arrays: object; readonly state: JsonRecord },
  { software, observations }: LapIdentity,
): string => {
  const folder = dirname(path)
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true })
    flushFolder(dirname(folder))
  }
  writeCheckpoint(path, { arrays, state: { ...state, software, observations } })
  return fileDigest(path)
}

/**
 * Reads a file.
 *
 * @param what - what it should be
 * @throws TweedieError `input` when it is missing, damaged, or not the one with this digest; made by another
 *   version, or for other observations than those here
 */
export const readLapInput = <S extends z.ZodType<LapIdentity>>(
  path: string,
  digest: string,
  { schema, what }: { readonly schema: S; readonly what: string },
  here: LapIdentity,
): { readonly arrays: Readonly<Record<string, NdArray>>; readonly state: z.output<S> } => {
  if (fileDigest(path) !== digest)
    throw new TweedieError('input', `${path}: another lap than the one that was asked for`)
  const { arrays, state } = readCheckpoint(path)
  const found = parsedState(schema, state, `${path}: not ${what}`)
  if (found.software !== here.software)
    throw new TweedieError(
      'input',
      `${path}: written by version ${found.software} of tweedie, this is ${here.software}; use one version`,
    )
  if (found.observations !== here.observations)
    throw new TweedieError(
      'input',
      `${path}: of other observations than those of the configuration here: are the data files the same?`,
    )
  return { arrays, state: found }
}

/** Folders of laps among the draws of a run. */
const LAPS = /^(lap-\d+|all)$/

/** The laps of a run that have such a file now, oldest first, with its digest. */
export const lapsWith = (
  draws: string,
  fileOf: (folder: string) => string,
): { readonly lap: string; readonly digest: string }[] =>
  readdirSync(draws)
    .filter((lap) => LAPS.test(lap))
    .sort()
    .flatMap((lap) => {
      const digest = digestIfThere(fileOf(join(draws, lap)))
      return digest === undefined ? [] : [{ lap, digest }]
    })
