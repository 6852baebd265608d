/**
 * The columns of the Fourier plane that a scan at acceleration R samples (Rozet et al. 2024, 5.3): the
 * central 2⌈3w/16R⌉ always, each other with probability 5/(8R − 3). Of w columns 1/R are then sampled
 * on average, exactly when 3w/16R is an integer. For w = 320 these are the 2⌈60/R⌉ columns and 200/(320
 * R − 120) of the paper's code.
 */
import { TweedieError } from '../../error.ts'
import { bernoulliBatch, stream } from '../../random/index.ts'
import type { NdArray } from '../../tensor/index.ts'

/** Number of central columns, and the probability of the others. @throws TweedieError `input` for R < 1 */
export const columnDensity = (
  width: number,
  acceleration: number,
): { centre: number; probability: number } => {
  if (!(acceleration >= 1 && Number.isFinite(acceleration)))
    throw new TweedieError('input', `fourier: acceleration must be at least 1, got ${acceleration}`)
  return {
    centre: Math.min(width, 2 * Math.ceil((3 * width) / (16 * acceleration))),
    probability: 5 / (8 * acceleration - 3),
  }
}

/**
 * Masks [count, 1, 1, width]: 1 for a sampled column; mask i depends on the seed and i only.
 *
 * @param first - number of the first mask, default 0
 * @throws TweedieError `input` for an acceleration below 1
 *
 * @example
 * ```ts
 * const A = fourier(constant(columnMasks(8, { width: 320, acceleration: 6, seed: 0 })), [1, 320, 320])
 * ```
 */
export const columnMasks = (
  count: number,
  {
    width,
    acceleration,
    seed,
    first = 0,
  }: { width: number; acceleration: number; seed: number; first?: number },
): NdArray<'float32'> => {
  const { centre, probability } = columnDensity(width, acceleration)
  const observation = Array.from({ length: count }, (_, i) => first + i)
  const masks = bernoulliBatch(stream(seed, 'observe columns'), probability, { observation }, [1, 1, width])
  const from = Math.floor(width / 2) - centre / 2
  for (let i = 0; i < count; i++) {
    masks.data.fill(1, i * width + Math.max(0, from), i * width + Math.min(width, from + centre))
  }
  return masks
}
