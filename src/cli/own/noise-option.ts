/** The noise of own observations, as options say it. */
import { TweedieError } from '../../error.ts'
import { type NumberRows, namesArrays, readOneArray } from '../../formats/index.ts'
import type { OwnMeasurements } from '../../observations/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { OwnFiles } from './own-files.ts'

/** --noise as a number or a file, or --noise-covariance. */
export const noiseOf = (
  { noise, noiseCovariance }: Pick<OptionsOf<'observe'>, 'noise' | 'noiseCovariance'>,
  { open }: OwnFiles,
): OwnMeasurements<NumberRows>['noise'] => {
  if (noiseCovariance !== undefined) {
    if (noise !== undefined) throw new TweedieError('input', 'give --noise or --noise-covariance, not both')
    return { covariance: readOneArray(noiseCovariance) }
  }
  if (noise === undefined)
    throw new TweedieError('input', '--observed needs --noise, the standard deviation of your noise')
  if (noise === UNKNOWN) return PLACEHOLDER
  return namesArrays(noise) ? open(noise) : noiseLevelOf(noise)
}

/** `--noise unknown`: a level stands in for it until it is estimated. */
export const UNKNOWN = 'unknown'
const PLACEHOLDER = 1

/** A standard deviation in words. @throws TweedieError `input` for what is no positive number */
export const noiseLevelOf = (text: string): number => {
  const level = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(level) && level > 0) return level
  throw new TweedieError('input', `--noise: expected a number above 0 or a file of numbers, got '${text}'`)
}
