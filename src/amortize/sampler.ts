/**
 * A distilled sampler: a conditional flow with the units of its data. One pass gives a draw x of q(x | y) and
 * its log q, both in the units of the data: with x' = s x + o of n entries, log q(x | y) = log q'(x' | y) + n
 * log s.
 */

import {
  type FlowConfig,
  type FlowParams,
  flowOf,
  foldedSample,
  foldRealNvp,
  logqOf,
  realNvp,
} from '../flows/index.ts'
import { type DataRange, fromPrior, type OperatorSpec, toPrior } from '../operators/index.ts'
import {
  add,
  flatten,
  frozen,
  mul,
  type NdArray,
  repeat,
  reshape,
  type Shape,
  sizeOf,
  type Tensor,
  unflatten,
} from '../tensor/index.ts'
import { type ConditionInput, type ConditionLayout, conditionFrom } from './condition.ts'

/**
 * The operator that a sampler was made for; of those that delete entries the mask says all, so they are one.
 */
export interface SamplerOperator extends OperatorSpec {
  /**
   * It sees y alone, of observations whose parameters are hidden: it takes any of the family, whatever its
   * settings.
   */
  readonly blind?: boolean
}

/** Everything that drawing needs. */
export interface AmortizedSampler {
  readonly flow: FlowConfig
  readonly params: FlowParams<NdArray>
  /** Shape of one x. */
  readonly event: Shape
  /** Units of the data. */
  readonly range: DataRange
  readonly operator: SamplerOperator
  readonly condition: ConditionLayout
  /** Of a flow of one measurement: which, by `measurementDigest`. */
  readonly measurement?: string
}

/** A batch of draws: x [B, ...event] and log q(x | y) [B], nats per unit of the data. */
export interface Draw<L = Tensor> {
  readonly x: L
  readonly logq: L
}

/** x in the units of the prior, flat or in the flow's shape, with log|det ∂x/∂z|. */
type DrawOf = (condition: Tensor, z: Tensor) => { readonly x: Tensor; readonly logdet: Tensor }

/** The flow without what costs at inference: an affine RealNVP is folded. */
const drawOf = (config: FlowConfig, params: FlowParams<NdArray>): DrawOf => {
  const folds = config.kind === 'realNvp' && (config.transform ?? { kind: 'affine' }).kind === 'affine'
  if (folds && config.kind === 'realNvp' && !config.range) {
    const { size, condition, steps, hidden } = config
    const flow = realNvp({ size, condition, steps, hidden })
    const folded = foldRealNvp(flow, unflatten(flow.init(0), flatten(params)))
    return (y, z) => foldedSample(folded, y, z)
  }
  const flow = flowOf(config)
  if (config.kind === 'network') return (y, z) => flow.sample(frozen(params), y, z)
  return (y, z) => flow.sample(frozen(params), repeat(y, z.shape[0] / y.shape[0]), z)
}

/**
 * The sampler as a function of tensors, its weights as constants.
 *
 * @returns (what was observed of Y signals, z [Y·K, ...event] standard normal with the draws of one
 * observation in sequence) → x [Y·K, ...event] and logq [Y·K]
 *
 * @example
 * ```ts
 * const draw = jit(oneStep(sampler))
 * const { x, logq } = await draw({ y, beside: { mask: m } }, normal(stream(0, 'z'), [128, 1, 28, 28]))
 * ```
 */
export const oneStep = ({
  flow: config,
  params,
  event,
  range,
  operator,
  condition: layout,
}: AmortizedSampler): ((input: ConditionInput, z: Tensor) => Draw) => {
  const { event: inside, condition } = flowOf(config)
  const draw = drawOf(config, params)
  const [units, back] = [toPrior(range), fromPrior(range)]
  const perUnit = sizeOf(event) * Math.log(units.scale)
  return (input, z) => {
    const count = z.shape[0]
    const latent = reshape(z, [count, ...inside])
    const drawn = draw(conditionFrom({ layout, operator, event, units, condition }, input), latent)
    return {
      x: add(mul(reshape(drawn.x, [count, ...event]), back.scale), back.offset),
      logq: add(logqOf(latent, drawn), perUnit),
    }
  }
}
