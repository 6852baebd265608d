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
type Judged = Omit<Validation, 'beside'> & { readonly beside?: number; readonly seed?: number }

/** Settings of `trust` that differ from those of the run. @throws TweedieError `input` for anything else */
const settingsOf = (given: readonly string[]): readonly string[] => {
  const stray = given.find((text) => !/^trust[.=]/.test(text))
  if (stray === undefined) return given
  throw new TweedieError(
    'input',
    `--trust: judges by what the distillation kept back; '${stray}' is no setting of it, as trust.times=8 is`,
  )
}

/** What the distillation of a run kept back, and its seed: the same observations as at its end. */
const keptBack = async (source: string, settings: readonly string[]): Promise<Judged> => {
  if (!isRunFolder(source))
    throw new TweedieError('input', `--trust: ${source} is no run folder, which says what was kept back`)
  const distillation = loadRecord(distillSchema, readConfig(source), source, settingsOf(settings))
  const held = await heldItemsOf(distillation)
  const kept = held && (await validationOf(distillation, held))
  if (!kept)
    throw new TweedieError(
      'input',
      '--trust: this distillation kept nothing back; give observations and their --truth instead',
    )
  return { ...kept, seed: distillation.seed }
}

/** What is asked for: what was kept back, or observations and their truth. */
const judgedBy = async (
  source: string,
  given: readonly string[],
  { truth, trust }: Options,
  read: (observations: string, truth: string) => Promise<Judged>,
): Promise<Judged | undefined> => {
  if (trust && truth !== undefined)
    throw new TweedieError('input', '--trust: judges by what the distillation kept back; give no --truth')
  if (trust) return keptBack(source, given)
  const [observations] = given
  if (observations === undefined && truth === undefined) return undefined
  if (observations !== undefined && truth !== undefined) return read(observations, truth)
  throw new TweedieError('input', '--onnx: to say how far to trust the sampler give observations and --truth')
}

/**
 * The sampler with how far to trust it, measured now where that is asked for, else as the file says.
 *
 * @param args - the run, and observations or, with `--trust`, settings of it
 * @param read - observations and truth from files
 * @throws TweedieError `input` for options that do not go together
 */
export const withTrust = async (
  sampler: SavedSampler,
  [source, ...given]: readonly string[],
  options: Options,
  io: Io,
  read: (observations: string, truth: string) => Promise<Judged>,
): Promise<SavedSampler> => {
  const by = await judgedBy(source, given, options, read)
  const { beside: asked, device } = options
  if (!by) {
    if (asked !== undefined)
      throw new TweedieError('input', '--beside: goes with --trust, or with observations and --truth')
    return sampler
  }
  const { set, truth, draws } = by
  const wanted = asked ?? by.beside
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
