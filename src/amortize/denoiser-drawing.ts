/**
 * Draws of a conditional denoiser: the probability flow of the posterior in a few evaluations, one after the
 * other in one program. It has no log-density; nothing in it goes backwards.
 */
import {
  deterministic,
  exponentialSchedule,
  type Gaussian,
  levelsOf,
  preconditionedAnisotropic,
  sigmaGrid,
  stepFrom,
  taperedGrid,
  unrolled,
  unrolledEvaluations,
} from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { FlowParams } from '../flows/index.ts'
import { type Covariance, isotropic, lowRank } from '../linalg/index.ts'
import { type NetworkConfig, network } from '../nn/index.ts'
import { diagonalNoise, isotropicNoise, type NoiseRange } from '../operators/index.ts'
import { conditionalDenoiser } from '../posterior/index.ts'
import {
  flatten,
  frozen,
  mapTensors,
  mul,
  type NdArray,
  repeat,
  reshape,
  type Shape,
  sizeOf,
  unflatten,
  zeros,
} from '../tensor/index.ts'
import { type ConditionInput, type MadeFor, observedIn } from './condition.ts'
import type { Drawing } from './drawing.ts'

/** A conditional denoiser as data: what a checkpoint keeps beside the weights. */
export interface DenoiserConfig {
  readonly kind: 'denoiser'
  /** Shape of the coefficients of one x in the basis of the operator. */
  readonly event: Shape
  /** Its network, of the shape `anisotropicShape(event)`. */
  readonly net: NetworkConfig
  /**
   * Standard deviation of the noise of observations, in the units of the prior; or its range, where that of
   * each is told.
   */
  readonly noise: number | NoiseRange
  /** The Gaussian fit, N(μ, variance I + U Uᵀ) with U of so many columns; the arrays are parameters. */
  readonly gaussian: { readonly variance: number; readonly rank: number }
  /** Noise levels, in the units of the prior. */
  readonly sigmaMin: number
  readonly sigmaMax: number
  /** Steps of a draw, default 10. */
  readonly steps?: number
  /** Their kind, one that takes no noise; default `dpm`. */
  readonly step?: string
}

/** The Gaussian's arrays, which training does not change. */
const gaussianArrays = ({ event, gaussian: { rank } }: DenoiserConfig): Record<string, NdArray> => {
  const n = sizeOf(event)
  return { mean: zeros([n]), ...(rank > 0 ? { factor: zeros([n, rank]) } : {}) }
}

/** The Gaussian fit of a denoiser, from its parameters. */
export const gaussianOf = (config: DenoiserConfig, params: FlowParams<NdArray>): Gaussian => {
  const { mean, factor } = unflatten(gaussianArrays(config), flatten(params.statistics))
  const { variance } = config.gaussian
  return { mean, covariance: factor ? lowRank(variance, factor) : isotropic(variance) }
}

/** Σy in the units of the prior: of all observations alike, or of each its own. */
const noiseOf = ({ noise }: DenoiserConfig, { units }: MadeFor, input: ConditionInput): Covariance => {
  if (typeof noise === 'number') return isotropicNoise(noise)
  if (!input.noise) throw new TweedieError('input', 'denoiser: this one has to be told the noise')
  const [batch, ...rest] = input.y.shape
  return diagonalNoise(mul(reshape(input.noise, [batch, ...rest.map(() => 1)]), units.scale))
}

/**
 * A conditional denoiser as a sampler.
 *
 * @throws TweedieError `input` for steps that take noise, and noise levels that do not fall
 */
export const denoiserDrawing = (config: DenoiserConfig): Drawing => {
  const { net, steps = 10 } = config
  const step = deterministic(stepFrom(config.step ?? 'dpm'))
  const grid = step.remembers > 0 ? taperedGrid : sigmaGrid
  const levels = levelsOf({ schedule: exponentialSchedule(config), steps }, grid)
  return {
    init: (seed) => ({ weights: network(net).init(seed), statistics: gaussianArrays(config) }),
    evaluations: unrolledEvaluations(step, steps),
    density: false,
    draw: (params, made) => {
      const D = preconditionedAnisotropic(network(net), frozen(params.weights), gaussianOf(config, params))
      return (input, z) => {
        const each = mapTensors((t) => repeat(t, z.shape[0] / input.y.shape[0]), input)
        const observation = { ...observedIn(made, each), noise: noiseOf(config, made, each) }
        return { x: unrolled(conditionalDenoiser(D, observation), z, step, levels) }
      }
    },
  }
}
