/**
 * Learning a conditional denoiser: x ← D(x + τ z; τ) with the levels τ that the operators of the measurements
 * leave at random noise levels σ, in the basis of these operators. Its least loss is E[x | m], the exact
 * posterior denoiser (`conditional` in posterior/). As for the forward divergence, x are draws of the prior
 * and the y of the measurements are not looked at. Times are t ~ Beta(3, 3), as those of priors.
 */
import { anisotropicLoss, exponentialSchedule, preconditionedAnisotropic } from '../../diffusion/index.ts'
import type { FlowParams } from '../../flows/index.ts'
import { network, seededDropout } from '../../nn/index.ts'
import { levelsOfSufficient, sufficientOf } from '../../posterior/index.ts'
import { bernoulliBatch, betaBatch, integers, normalBatch, type Stream } from '../../random/index.ts'
import { alignTo, mul, type NdArray, type Tensor } from '../../tensor/index.ts'
import {
  dropoutSeeds,
  type Objective,
  type SampleRows,
  type Seeded,
  sampleRows,
} from '../../training/index.ts'
import { type DenoiserConfig, gaussianOf } from '../denoiser-drawing.ts'
import { countOfMeasurements, type Measurements, measuredRows, type Named } from '../measured-rows.ts'

/** One batch: how the measurements of its rows were made, draws of the prior, and the noise on them. */
export interface ConditionalBatch extends Seeded {
  readonly arrays: Named<string, Tensor>
  /** [B, ...event], in the units of the prior. */
  readonly x: Tensor
  /** Standard normal, like the coefficients of x. */
  readonly z: Tensor
  /** Times, [B]. */
  readonly t: Tensor
  /** [B]: 0 for rows of which nothing is seen, which keep the denoiser of the prior itself in D. */
  readonly seen: Tensor
}

/** Share of the rows of which nothing is seen. */
const UNSEEN = 0.1

/**
 * The denoising loss of a conditional denoiser on draws of the prior.
 *
 * @param fresh - its parameters before the first step: the Gaussian among them does not change
 * @param x - draws of the prior [N, ...event], in its units, or where their rows are
 * @param measurements - their operators and noise are those that are learned; their y is not looked at
 * @param streamOf - the random stream of a purpose, such as `(purpose) => stream(seed, purpose)`
 * @throws TweedieError `input` when the measurements have no rows; (when the program is traced) for operators
 *   without a basis, and noise that differs between entries
 *
 * @example
 * ```ts
 * const streamOf = (purpose: string) => stream(0, purpose)
 * const objective = conditionalObjective(config, fresh, x, measurements, streamOf)
 * const { step } = trainer(objective, { batch: 64, rate: constantRate(1e-3) }, stream(0, 'rows'))
 * const { state } = await step(initFlowState(fresh), { step: 0 })
 * ```
 */
export const conditionalObjective = (
  config: DenoiserConfig,
  fresh: FlowParams<NdArray>,
  x: NdArray<'float32'> | SampleRows,
  measurements: Measurements,
  streamOf: (purpose: string) => Stream,
): Objective<ConditionalBatch> => {
  const [chosen, noises, times, unseen, dropout] = ['samples', 'noise', 'times', 'unseen', 'dropout'].map(
    streamOf,
  )
  const net = network(config.net)
  const [schedule, gaussian] = [exponentialSchedule(config), gaussianOf(config, fresh)]
  const drawn = sampleRows(x)
  return {
    count: countOfMeasurements(measurements),
    batch: ({ rows, at }) => {
      const samples = Array.from(integers(chosen, 0, drawn.count, [rows.length], at).data, Number)
      const where = { ...at, observation: rows.map((_, i) => i) }
      return {
        arrays: measuredRows(measurements, rows),
        x: drawn.rowsAt(samples),
        z: normalBatch(noises, where, config.event),
        t: betaBatch(times, 3, 3, where, []),
        seen: bernoulliBatch(unseen, 1 - UNSEEN, where, []),
        seeds: dropoutSeeds(net, rows.length, dropout, at),
      }
    },
    loss: ({ params }, { arrays, x, z, t, seen, seeds }) => {
      const { basis, variance } = sufficientOf(measurements.observe(arrays))
      const [c, sigma] = [basis.forward(x), schedule.sigmaOf(t)]
      const lambda = mul(basis.eigenvalues(c), alignTo(seen, c))
      const tau = levelsOfSufficient(lambda, variance, sigma, c)
      const D = preconditionedAnisotropic(net, params, gaussian, seededDropout(seeds, net.dropout))
      return { terms: { loss: anisotropicLoss(D, c, { z, tau, sigma }) } }
    },
  }
}
