/** What the replicas of a lap train on, beside its samples: what their rounds have in common. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { LapData } from '../../em/index.ts'
import { NdArray } from '../../tensor/index.ts'
import { gaussianStateSchema, packGaussian, unpackGaussian } from '../gaussian-state.ts'
import { type LapIdentity, lapInput, readLapInput, writeLapInput } from './lap-input.ts'

const schema = z.object({ kind: z.literal('training'), ...lapInput, gaussian: gaussianStateSchema })

/** The file of a lap, in the folder of its samples. */
export const trainingFile = (folder: string): string => join(folder, 'training.safetensors')

/**
 * Writes the file of a lap.
 *
 * @returns its digest
 * @throws TweedieError `io` when the disk refuses
 */
export const writeTrainingFile = (
  folder: string,
  { lap, gaussian, kept }: Omit<LapData, 'samples'>,
  identity: LapIdentity,
): string => {
  const packed = packGaussian(gaussian)
  const arrays = { gaussian: packed.arrays, ...(kept ? { kept } : {}) }
  return writeLapInput(
    trainingFile(folder),
    { arrays, state: { kind: 'training', lap, gaussian: packed.state } },
    identity,
  )
}

export const removeTrainingFile = (folder: string): void => rmSync(trainingFile(folder), { force: true })

/**
 * Reads what a lap trains on.
 *
 * @throws TweedieError `input` as {@link readLapInput}
 */
export const readTrainingFile = (
  folder: string,
  digest: string,
  here: LapIdentity,
): Omit<LapData, 'samples'> => {
  const path = trainingFile(folder)
  const { arrays, state } = readLapInput(path, digest, { schema, what: 'what a lap trains on' }, here)
  const { kept } = arrays
  return {
    lap: state.lap,
    gaussian: unpackGaussian(state.gaussian, arrays, path),
    ...(kept?.data instanceof Int32Array ? { kept: new NdArray('int32', kept.shape, kept.data) } : {}),
  }
}
