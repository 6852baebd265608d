/** Distilled samplers that take part in a comparison, and their training cost. */
import { existsSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { TweedieError } from '../error.ts'
import { readBytes } from '../formats/index.ts'
import { isRunFolder, layoutOf, loadSampler, readJournal, samplerFile } from '../run/index.ts'
import { digest } from './cell.ts'
import type { SamplerEntry } from './distilled.ts'
import type { TrainingCost } from './training.ts'

/** A sampler that was loaded, with its history. */
export interface LoadedSampler {
  readonly entry: SamplerEntry
  readonly training: TrainingCost
}

/** Seconds that a run took; unknown of a file outside its run folder. */
const secondsOf = (path: string): number | undefined => {
  if (!isRunFolder(path)) return undefined
  const { journal } = layoutOf(path)
  return existsSync(journal) ? readJournal(journal).at(-1)?.seconds : undefined
}

const loaded = (path: string): LoadedSampler => {
  const file = samplerFile(path)
  const sampler = loadSampler(path)
  if (sampler.measurement !== undefined)
    throw new TweedieError('input', `${path}: made for one measurement; a comparison needs one for many`)
  if (sampler.range[0] !== 0 || sampler.range[1] !== 1)
    throw new TweedieError(
      'input',
      `${path}: figures need a sampler of data in [0, 1], got [${sampler.range}]`,
    )
  const { noise, measurements, steps, batch } = sampler.origin
  const named = { name: basename(path, extname(path)), digest: digest(readBytes(file)) }
  return {
    entry: { ...named, sampler, noise },
    training: { ...named, path: file, measurements, steps, batch, seconds: secondsOf(path) },
  }
}

/**
 * Samplers by paths with commas between them; none without.
 *
 * @throws TweedieError `input` when one is missing or damaged, or for one measurement only
 */
export const samplerEntriesOf = (paths: string | undefined): LoadedSampler[] =>
  (paths?.split(',') ?? []).map((path) => loaded(path.trim()))
