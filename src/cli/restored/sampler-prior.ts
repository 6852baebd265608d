/** The prior of a sampler, for options of `tweedie restore` that need it. */
import { TweedieError } from '../../error.ts'
import { type LearnedPrior, loadPrior, priorDigest, type SavedSampler } from '../../run/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'

type Options = Pick<OptionsOf<'restore'>, 'prior'>

/** Where the prior is: as said, or where the sampler knows it from. */
const placeOf = ({ origin }: SavedSampler, { prior }: Options, option: string): string => {
  const path = prior ?? origin.priorPath
  if (path === undefined)
    throw new TweedieError('input', `${option}: say with --prior where the prior of this sampler is`)
  return path
}

/**
 * The prior that a sampler was distilled from, or the one that was asked for.
 *
 * @param option - what needs it, for messages
 * @throws TweedieError `input` where it is missing, changed, or knows other signals
 */
export const priorFor = (sampler: SavedSampler, options: Options, option: string, io: Io): LearnedPrior => {
  const path = placeOf(sampler, options, option)
  const own = priorDigest(path) === sampler.origin.prior
  if (!own && options.prior === undefined)
    throw new TweedieError(
      'input',
      `${path}: no longer the prior that this sampler was distilled from; say with --prior where that is`,
    )
  if (!own) io.note(`${path}: not the prior that this sampler was distilled from`)
  const prior = loadPrior(path)
  if (String(prior.event) !== String(sampler.event) || String(prior.range) !== String(sampler.range))
    throw new TweedieError(
      'input',
      `${path}: knows signals of shape [${prior.event}] in [${prior.range}], the sampler ` +
        `[${sampler.event}] in [${sampler.range}]`,
    )
  return prior
}
