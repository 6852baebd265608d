/**
 * What a lap draws under, as a file in the folder of its samples: the input of its shards. A shard names the
 * digest of this file, so one of another lap, run or version is never taken for it.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { measurementDigest } from '../../amortize/index.ts'
import type { LapPrior } from '../../em/index.ts'
import { TweedieError } from '../../error.ts'
import { flushFolder } from '../../formats/bytes/atomic.ts'
import { fileDigest } from '../../formats/index.ts'
import { type NetworkConfig, network } from '../../nn/index.ts'
import { countOf, type Observations } from '../../observations/index.ts'
import { unflatten } from '../../tensor/index.ts'
import { parsedState, readCheckpoint, writeCheckpoint } from '../checkpoint.ts'
import { gaussianStateSchema, packGaussian, unpackGaussian } from '../gaussian-state.ts'

/** What has to be the same wherever a shard is drawn. */
export interface LapIdentity {
  /** Version of tweedie. */
  readonly software: string
  /** {@link observationsDigest} of what the lap draws for. */
  readonly observations: string
}

const stateSchema = z.object({
  kind: z.literal('lap'),
  lap: z.int().nonnegative(),
  gaussian: gaussianStateSchema,
  firstEStep: z.object({ kind: z.literal('edges'), weight: z.number().positive() }).optional(),
  software: z.string(),
  observations: z.string(),
})

/** The file of a lap, in the folder of its samples. */
export const lapFile = (folder: string): string => join(folder, 'prior.safetensors')

/** A digest of how many observations there are, and of the first and the last of them. */
export const observationsDigest = (set: Observations): string => {
  const count = countOf(set)
  const ends = [0, count - 1].map((row) => measurementDigest(set, row))
  return createHash('sha256')
    .update([count, ...ends].join(' '))
    .digest('hex')
}

/**
 * Writes the file of a lap, unless it is there.
 *
 * @returns its digest
 * @throws TweedieError `io` when the disk refuses
 */
export const writeLapFile = (
  folder: string,
  { lap, gaussian, average, firstEStep }: LapPrior,
  { software, observations }: LapIdentity,
): string => {
  const path = lapFile(folder)
  const packed = packGaussian(gaussian)
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true })
    flushFolder(dirname(folder))
  }
  // Written anew, it has the same bytes: the digest is that of what is drawn under now.
  writeCheckpoint(path, {
    arrays: { gaussian: packed.arrays, average },
    state: {
      kind: 'lap',
      lap,
      gaussian: packed.state,
      software,
      observations,
      ...(firstEStep ? { firstEStep: { ...firstEStep } } : {}),
    },
  })
  return fileDigest(path)
}

/** Leaves the folder of a lap without its file: it is the samples' alone. */
export const removeLapFile = (folder: string): void => rmSync(lapFile(folder), { force: true })

/**
 * Reads what a lap draws under.
 *
 * @throws TweedieError `input` when the file is missing or damaged, or made by another version or for other
 * observations than those here
 */
export const readLapFile = (folder: string, net: NetworkConfig, here: LapIdentity): LapPrior => {
  const path = lapFile(folder)
  const { arrays, state } = readCheckpoint(path)
  const found = parsedState(stateSchema, state, `${path}: not what a lap draws under`)
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
  const { average } = unflatten({ average: network(net).init(0) }, arrays, path)
  return {
    lap: found.lap,
    gaussian: unpackGaussian(found.gaussian, arrays, path),
    average,
    ...(found.firstEStep ? { firstEStep: found.firstEStep } : {}),
  }
}
