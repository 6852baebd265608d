/** The conditional denoiser for a set of observations and a prior. */
import { anisotropicShape, type Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { FlowParams } from '../flows/index.ts'
import { asLowRank, meanVariance } from '../linalg/index.ts'
import { type NetworkConfig, network } from '../nn/index.ts'
import type { Observations } from '../observations/index.ts'
import { type Eigenbasis, toPrior } from '../operators/index.ts'
import { sufficientOf } from '../posterior/index.ts'
import { jit, type NdArray, ndarray, type Shape, type Tensor, toNumbers } from '../tensor/index.ts'
import type { ConditionLayout } from './condition.ts'
import type { DenoiserConfig } from './denoiser-drawing.ts'
import { type Measurements, observationOfFirst } from './measured-rows.ts'

/** The prior, as much as a conditional denoiser takes of it. */
export interface DenoiserPrior {
  readonly gaussian: Gaussian
  readonly sigmaMin: number
  readonly sigmaMax: number
}

/**
 * The basis of the operators of measurements.
 *
 * @throws TweedieError `input` when it is unknown, or not made of points of x, and for noise that differs
 *   between entries of an observation
 */
export const basisOf = (measurements: Measurements): Eigenbasis => {
  const observation = observationOfFirst(measurements)
  const { basis } = sufficientOf(observation)
  if (basis.local) return basis
  throw new TweedieError(
    'input',
    `denoiser: the basis in which '${observation.A.name}' is diagonal has no place for points; use a flow`,
  )
}

/**
 * Variance and rank of a fit s² I + U Uᵀ; where entries have variances of their own, their mean: the network
 * learns what that misses.
 *
 * @throws TweedieError `input` for other covariances
 */
const sizesOf = ({ covariance }: Gaussian): DenoiserConfig['gaussian'] => {
  const simple = asLowRank(covariance)
  if (simple?.kind === 'isotropic') return { variance: simple.variance, rank: 0 }
  if (simple) return { variance: meanVariance(simple), rank: simple.factor.shape[1] }
  throw new TweedieError('input', `denoiser: the Gaussian fit must be D + U Uᵀ, got ${covariance.kind}`)
}

/** How many steps a draw takes, and of which kind. */
export type DenoiserSteps = Pick<DenoiserConfig, 'steps' | 'step'>

/**
 * The conditional denoiser for observations of a set.
 *
 * @param layout - of the sampler: the denoiser has to know the operator of each observation
 * @param netFor - the network for events of a shape
 * @throws TweedieError `input` for observations whose operator is hidden, has parameters that they share, is
 *   not linear or without a basis of points
 */
export const denoiserConfig = (
  set: Observations,
  layout: ConditionLayout,
  measurements: Measurements,
  { gaussian, sigmaMin, sigmaMax }: DenoiserPrior,
  netFor: (shape: Shape) => NetworkConfig,
  steps: DenoiserSteps = {},
): DenoiserConfig => {
  if (layout.crossing !== 'operator' || layout.nothing)
    throw new TweedieError(
      'input',
      `denoiser: has to see y and all parameters of '${set.operator.name}', each observation's own; ` +
        'use a flow',
    )
  const { shape: event } = basisOf(measurements)
  const { scale } = toPrior(set.range)
  return {
    kind: 'denoiser',
    event,
    net: netFor(anisotropicShape(event)),
    noise: layout.noise
      ? { from: scale * layout.noise.from, to: scale * layout.noise.to }
      : scale * set.noise,
    gaussian: sizesOf(gaussian),
    sigmaMin,
    sigmaMax,
    ...steps,
  }
}

/** Rows [r, N] in the basis. */
const turned = async (rows: NdArray, { forward }: Eigenbasis, event: Shape): Promise<NdArray> => {
  const [r] = rows.shape
  const program = jit((v: Tensor) => forward(v))
  const out = await program(ndarray(toNumbers(rows), [r, ...event]))
  await program.release()
  return ndarray(toNumbers(out), rows.shape)
}

const transposed = (matrix: NdArray): NdArray => {
  const [n, m] = matrix.shape
  const values = toNumbers(matrix)
  return ndarray(
    Array.from({ length: n * m }, (_, i) => values[(i % n) * m + Math.floor(i / n)]),
    [m, n],
  )
}

/**
 * The parameters before the first step: fresh weights, and the Gaussian fit in the basis of the operators.
 *
 * @param event - shape of one x
 */
export const freshDenoiser = async (
  { net }: DenoiserConfig,
  { mean, covariance }: Gaussian,
  basis: Eigenbasis,
  event: Shape,
  seed: number,
): Promise<FlowParams<NdArray>> => {
  const n = mean.size
  const centre = ndarray(toNumbers(await turned(ndarray(toNumbers(mean), [1, n]), basis, event)), [n])
  const weights = network(net).init(seed)
  const simple = asLowRank(covariance)
  if (simple?.kind !== 'lowRank') return { weights, statistics: { mean: centre } }
  const factor = transposed(await turned(transposed(simple.factor), basis, event))
  return { weights, statistics: { mean: centre, factor } }
}
