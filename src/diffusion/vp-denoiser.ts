/**
 * Variance-preserving networks as denoisers of this library. Such a network predicts the noise of u = α x +
 * √(1 − α²) z, so that
 *
 *   D(v, s) = v − s ε(α v, t(s)),   α = 1/√(1 + s²).
 */
import { TweedieError } from '../error.ts'
import { clip as clipTo, type Tensor } from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import { inCoordinates } from './imported/denoiser.ts'
import { continuousVp, type VpSchedule } from './vp.ts'
import { vpAlpha } from './vp-coordinates.ts'

/** Options of {@link vpDenoiser}. */
export interface VpOptions {
  /** Default {@link continuousVp}. */
  readonly schedule?: VpSchedule
  /**
   * Units of the network's data: scale · x + shift for x in the units of the prior; 0.5 and 0 for [-1, 1],
   * 0.25 and 0.5 for [0, 1]. Default 1 and 0.
   */
  readonly scale?: number
  readonly shift?: number
  /**
   * Bounds of x̂ in the units of the prior, such as [-2, 2]: part of the graph, so saturated entries have no
   * gradient.
   */
  readonly clip?: readonly [number, number]
}

/**
 * The denoiser of a network that predicts noise.
 *
 * @param eps - (u [B, ...event], label [B]) → noise, like u
 * @throws TweedieError `input` for a scale that is not positive and for bounds in the wrong order
 *
 * @example
 * ```ts
 * const options = { schedule: discreteVp(), scale: 0.5, clip: [-2, 2] } as const
 * const prior = vpDenoiser((u, label) => net.apply(frozen(params), u, label), options)
 * ```
 */
export const vpDenoiser = (
  eps: (u: Tensor, label: Tensor) => Tensor,
  { schedule = continuousVp(), scale = 1, shift = 0, clip }: VpOptions = {},
): Denoiser => {
  if (!(scale > 0)) throw new TweedieError('input', `vpDenoiser: scale must be positive, got ${scale}`)
  if (clip && !(clip[0] < clip[1]))
    throw new TweedieError('input', `vpDenoiser: clip must be [low, high], got [${clip}]`)
  const coordinates = { kind: 'vp', alpha: vpAlpha, labelOf: schedule.labelOf } as const
  const denoiser = inCoordinates(eps, 'noise', coordinates, { scale, shift })
  if (!clip) return denoiser
  const [low, high] = clip
  return (xt, sigma) => clipTo(denoiser(xt, sigma), low, high)
}
