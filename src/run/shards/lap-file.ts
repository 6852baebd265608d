/** What a lap draws under: the input of its shards. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { LapPrior } from '../../em/index.ts'
import { type NetworkConfig, network } from '../../nn/index.ts'
import { unflatten } from '../../tensor/index.ts'
import { gaussianStateSchema, packGaussian, unpackGaussian } from '../gaussian-state.ts'
import { type LapIdentity, lapInput, readLapInput, writeLapInput } from './lap-input.ts'

const schema = z.object({
  kind: z.literal('lap'),
  ...lapInput,
  gaussian: gaussianStateSchema,
  firstEStep: z.object({ kind: z.literal('edges'), weight: z.number().positive() }).optional(),
})

/** The file of a lap, in the folder of its samples. */
export const lapFile = (folder: string): string => join(folder, 'prior.safetensors')

/**
 * Writes the file of a lap.
 *
 * @returns its digest
 * @throws TweedieError `io` when the disk refuses
 */
export const writeLapFile = (
  folder: string,
  { lap, gaussian, average, firstEStep }: LapPrior,
  identity: LapIdentity,
): string => {
  const packed = packGaussian(gaussian)
  const arrays = { gaussian: packed.arrays, average }
  const state = {
    kind: 'lap',
    lap,
    gaussian: packed.state,
    ...(firstEStep ? { firstEStep: { ...firstEStep } } : {}),
  }
  return writeLapInput(lapFile(folder), { arrays, state }, identity)
}

/** Leaves the folder of a lap without its file: it is the samples' alone. */
export const removeLapFile = (folder: string): void => rmSync(lapFile(folder), { force: true })

/**
 * Reads what a lap draws under.
 *
 * @throws TweedieError `input` as {@link readLapInput}
 */
export const readLapFile = (
  folder: string,
  digest: string,
  net: NetworkConfig,
  here: LapIdentity,
): LapPrior => {
  const path = lapFile(folder)
  const { arrays, state } = readLapInput(path, digest, { schema, what: 'what a lap draws under' }, here)
  const { average } = unflatten({ average: network(net).init(0) }, arrays, path)
  return {
    lap: state.lap,
    gaussian: unpackGaussian(state.gaussian, arrays, path),
    average,
    ...(state.firstEStep ? { firstEStep: state.firstEStep } : {}),
  }
}
