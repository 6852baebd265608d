/** The level of noise beside what the observations support: estimated where it is unknown, else doubted. */
import { TweedieError } from '../../error.ts'
import { estimateNoise, noiseVerdict, type ObservationSet } from '../../observations/index.ts'
import type { Io } from '../io.ts'

const figure = (value: number): string => String(Number(value.toPrecision(2)))

/**
 * A set with the level that its observations support, where none was known; else the set, and a remark where
 * they contradict its level. Noise that differs between entries is taken as it is.
 *
 * @throws TweedieError `input` where too little was seen to estimate the level
 */
export const withNoise = async (
  set: ObservationSet,
  noise: string | undefined,
  io: Io,
): Promise<ObservationSet> => {
  if (set.std) return set
  const estimate = await estimateNoise(set)
  if (noise === 'unknown') {
    if (!estimate)
      throw new TweedieError('input', '--noise unknown: too little was seen to estimate it; give a number')
    const level = Number(estimate.level.toPrecision(3))
    io.note(
      `noise: estimated at ${level} (± ${figure(estimate.error * level)})` +
        (estimate.both ? '' : ', at most: fine detail of the signals may be part of it'),
    )
    return { ...set, noise: level }
  }
  if (!estimate) return set
  const verdict = noiseVerdict(set.noise, estimate)
  if (verdict !== 'fits')
    io.note(
      `noise: ${set.noise} is ${verdict} for these observations, which support ` +
        `${verdict === 'too large' ? 'at most ' : ''}${figure(estimate.level)}; --noise unknown estimates it`,
    )
  return set
}
