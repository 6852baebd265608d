/** `tweedie restore --onnx`: how far to trust the sampler that is written. */
import { TweedieError } from '../../error.ts'
import { isRunFolder, readConfig, type SavedSampler, trustOf, type Validation } from '../../run/index.ts'
import type { OptionsOf } from '../commands.ts'
import { loadRecord } from '../config/config.ts'
import { distillSchema } from '../config/distill-schema.ts'
import { heldItemsOf, validationOf } from '../config/validation.ts'
import type { Io } from '../io.ts'
import { priorFor } from './sampler-prior.ts'

type Options = OptionsOf<'restore'>

/** What a sampler is judged by. */
type Judged = Pick<Validation, 'set' | 'truth' | 'draws'> & { readonly seed?: number }

/** What the distillation of a run kept back, and its seed: the same observations as at its end. */
const keptBack = async (source: string): Promise<Judged> => {
  if (!isRunFolder(source))
    throw new TweedieError('input', `--trust: ${source} is no run folder, which says what was kept back`)
  const distillation = loadRecord(distillSchema, readConfig(source), source)
  const held = await heldItemsOf(distillation)
  const kept = held && (await validationOf(distillation, held))
  if (!kept)
    throw new TweedieError(
      'input',
      '--trust: this distillation kept nothing back; give observations and their --truth instead',
    )
  return { ...kept, seed: distillation.seed }
}

/** Observations and their truth, as they are given. */
const judgedBy = async (
  source: string,
  observations: string | undefined,
  { truth, trust }: Options,
  read: (observations: string, truth: string) => Promise<Judged>,
): Promise<Judged | undefined> => {
  if (observations === undefined && truth === undefined) return trust ? keptBack(source) : undefined
  if (trust)
    throw new TweedieError(
      'input',
      '--trust: judges by what the distillation kept back; give no observations and no --truth',
    )
  if (observations !== undefined && truth !== undefined) return read(observations, truth)
  throw new TweedieError('input', '--onnx: to say how far to trust the sampler give observations and --truth')
}

/**
 * The sampler with how far to trust it, measured now where that is asked for, else as the file says.
 *
 * @param read - observations and truth from files
 * @throws TweedieError `input` for options that do not go together
 */
export const withTrust = async (
  sampler: SavedSampler,
  [source, observations]: readonly (string | undefined)[],
  options: Options,
  io: Io,
  read: (observations: string, truth: string) => Promise<Judged>,
): Promise<SavedSampler> => {
  const by = await judgedBy(source ?? '', observations, options, read)
  const { beside: wanted, device } = options
  if (!by) {
    if (wanted !== undefined)
      throw new TweedieError('input', '--beside: goes with --trust, or with observations and --truth')
    return sampler
  }
  const { set, truth, draws } = by
  if (wanted !== undefined && wanted > set.y.shape[0])
    throw new TweedieError('input', `--beside: ${wanted} were asked for, there are ${set.y.shape[0]}`)
  const beside =
    wanted === undefined
      ? undefined
      : { prior: priorFor(sampler, options, '--beside', io), observations: wanted }
  const seed = options.seed ?? by.seed
  const how = { draws, seed, beside, execute: { device }, onProgress: io.progress, signal: io.signal }
  return { ...sampler, trust: await trustOf(sampler, set, truth, how) }
}
