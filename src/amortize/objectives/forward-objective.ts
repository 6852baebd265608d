/**
 * The other way to an amortized posterior: forward Kullback–Leibler divergence on simulations (neural
 * posterior estimation: Papamakarios & Murray 2016; Radev et al. 2020). With x from the prior, observed as
 * one of the measurements was,
 *
 *   E_x E_{y given x} [−log q(x | y)] = E_y KL(p(x | y) ‖ q(x | y)) + const.
 *
 * It covers every mode, where the reverse divergence may drop some, and its step needs no network of the
 * prior. Still no truth: x are draws of the prior.
 */
import { TweedieError } from '../../error.ts'
import { type Flow, logOutside, logStandardNormal, type Outside } from '../../flows/index.ts'
import { integers, normalBatch, type Stream } from '../../random/index.ts'
import { mean, type NdArray, neg, reshape, scalarLike, sub, type Tensor } from '../../tensor/index.ts'
import { type Objective, type SampleRows, sampleRows } from '../../training/index.ts'
import { countOfMeasurements, type Measurements, measuredRows, type Named } from '../measured-rows.ts'
import type { ApsTerms } from './divergence.ts'
import { flowParamsOf } from './flow-state.ts'

/**
 * One batch: how the measurements of its rows were made, draws of the prior, and the noise on their
 * observations.
 */
export interface ForwardBatch {
  readonly arrays: Named<string, Tensor>
  /** [B, ...event], in the units of the prior. */
  readonly x: Tensor
  /** Standard normal, like `arrays.y`. */
  readonly e: Tensor
}

/**
 * The forward divergence on simulations. Of its terms, `prior` is −log π(z), `logdet` that of x ↦ z, `data`
 * 0. Statistics of BatchNorm stay as they are.
 *
 * @param x - draws of the prior [N, ...event], in its units, or where their rows are
 * @param measurements - their operators and noise are those of the simulations; their y is not looked at
 * @param streamOf - the random stream of a purpose, such as `(purpose) => stream(seed, purpose)`
 * @param outside - entries of x that are not there, which the flow leaves alone: they count for nothing
 * @throws TweedieError `input` when the measurements have no rows, or cannot be simulated
 *
 * @example
 * ```ts
 * const objective = forwardObjective(flow, x, measurements, (purpose) => stream(0, purpose))
 * const { step } = trainer(objective, { batch: 64, rate: constantRate(1e-3) }, stream(0, 'rows'))
 * const { state } = await step(initFlowState(flow.init(0)), { step: 0 })
 * ```
 */
export const forwardObjective = (
  flow: Flow,
  x: NdArray<'float32'> | SampleRows,
  measurements: Measurements,
  streamOf: (purpose: string) => Stream,
  outside?: Outside,
): Objective<ForwardBatch> => {
  const { simulate } = measurements
  if (!simulate) throw new TweedieError('input', 'forwardObjective: these measurements cannot be simulated')
  const [chosen, noises] = [streamOf('samples'), streamOf('simulated noise')]
  const drawn = sampleRows(x)
  return {
    count: countOfMeasurements(measurements),
    batch: ({ rows, at }) => {
      const arrays = measuredRows(measurements, rows)
      const samples = Array.from(integers(chosen, 0, drawn.count, [rows.length], at).data, Number)
      const where = { ...at, observation: rows.map((_, i) => i) }
      return {
        arrays,
        x: drawn.rowsAt(samples),
        e: normalBatch(noises, where, arrays.y.shape.slice(1)),
      }
    },
    loss: (model, batch) => {
      const y = simulate(batch.arrays, batch.x, batch.e)
      const inside = reshape(batch.x, [batch.x.shape[0], ...flow.event])
      const { z, logdet } = flow.inverse(flowParamsOf(model), inside, y)
      const whole = logStandardNormal(z)
      const there = outside ? sub(whole, logOutside(z, outside)) : whole
      const [surprise, volume] = [mean(neg(there)), mean(logdet)]
      const terms: ApsTerms = {
        loss: sub(surprise, volume),
        data: scalarLike(volume, 0),
        prior: surprise,
        logdet: volume,
      }
      return { terms }
    },
  }
}
