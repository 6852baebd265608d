/** The level of noise beside what the observations support: estimated where it is unknown, else doubted. */
import { TweedieError } from '../../error.ts'
import { type NoiseEstimate, noiseVerdict } from '../../observations/index.ts'
import type { Io } from '../io.ts'

const figure = (value: number): string => String(Number(value.toPrecision(2)))

/** What is known of a level of noise. */
export interface KnownNoise {
  /** The level; undefined where it is to be estimated. */
  readonly stated?: number
  /** What the observations say of it; undefined where too little was seen. */
  readonly estimate?: NoiseEstimate
}

/**
 * The level that observations support, where none was stated; else the stated one, and a remark where they
 * contradict it.
 *
 * @throws TweedieError `input` where too little was seen to estimate the level
 */
export const checkedNoise = ({ stated, estimate }: KnownNoise, io: Pick<Io, 'note'>): number => {
  if (stated === undefined) {
    if (!estimate)
      throw new TweedieError('input', '--noise unknown: too little was seen to estimate it; give a number')
    const level = Number(estimate.level.toPrecision(3))
    io.note(
      `noise: estimated at ${level} (± ${figure(estimate.error * level)})` +
        (estimate.both ? '' : ', at most: fine detail of the signals may be part of it'),
    )
    return level
  }
  if (!estimate) return stated
  const verdict = noiseVerdict(stated, estimate)
  if (verdict !== 'fits')
    io.note(
      `noise: ${stated} is ${verdict} for these observations, which support ` +
        `${verdict === 'too large' ? 'at most ' : ''}${figure(estimate.level)}; --noise unknown estimates it`,
    )
  return stated
}
