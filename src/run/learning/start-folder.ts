/** What the Gaussian start keeps of its work in a run folder: a file for each part, until it is over. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { StartMemory } from '../../em/index.ts'
import { type CheckpointContent, parsedState, readCheckpoint, writeCheckpoint } from '../checkpoint.ts'
import { gaussianStateSchema, packGaussian, unpackGaussian } from '../gaussian-state.ts'
import { sweepTemporaries } from '../layout.ts'
import { saveClock } from '../training-run.ts'
import { folderSamples } from './shard-folder.ts'

const iterationSchema = z.object({
  gaussian: gaussianStateSchema,
  iteration: z.int().nonnegative(),
  done: z.int().nonnegative(),
})

const ITERATION = 'iteration'

/**
 * The parts of a Gaussian start in a folder, which the first of them makes.
 *
 * @param seconds - between two times that what is not done is kept, default 60
 */
export const startFolder = (folder: string, seconds?: number): StartMemory => {
  const clock = saveClock(seconds)
  if (existsSync(folder)) sweepTemporaries(folder)
  const fileOf = (name: string): string => join(folder, `${name}.safetensors`)
  const keep = (name: string, content: CheckpointContent): void => {
    mkdirSync(folder, { recursive: true })
    writeCheckpoint(fileOf(name), content)
    clock.saved()
  }
  return {
    find: (name) => (existsSync(fileOf(name)) ? readCheckpoint(fileOf(name)).arrays : undefined),
    keep: (name, arrays) => keep(name, { arrays, state: null }),
    findIteration: () => {
      const file = fileOf(ITERATION)
      if (!existsSync(file)) return undefined
      const { arrays, state } = readCheckpoint(file)
      const { gaussian, ...at } = parsedState(iterationSchema, state, `${file}: no part of a Gaussian start`)
      return { gaussian: unpackGaussian(gaussian, arrays, file), ...at }
    },
    keepIteration: ({ gaussian, ...at }) => {
      const packed = packGaussian(gaussian)
      keep(ITERATION, { arrays: { gaussian: packed.arrays }, state: { gaussian: packed.state, ...at } })
    },
    samples: (layout, written) => folderSamples(join(folder, 'samples'), layout, written),
    due: clock.due,
  }
}
