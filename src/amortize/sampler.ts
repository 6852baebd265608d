/**
 * A distilled sampler: a conditional flow or a conditional denoiser, with the units of its data. One program
 * gives a draw x of q(x | y) and, of flows, its log q, both in the units of the data: with x' = s x + o of n
 * entries, log q(x | y) = log q'(x' | y) + n log s. Entries that are not there are standard normals of their
 * own to a flow, and count for nothing: neither in n nor in log q.
 */

import { type FlowConfig, type FlowParams, logOutside, type Outside } from '../flows/index.ts'
import { type DataRange, fromPrior, type OperatorSpec, toPrior } from '../operators/index.ts'
import { add, mul, type NdArray, type Shape, sizeOf, sub, type Tensor } from '../tensor/index.ts'
import type { ConditionInput, ConditionLayout } from './condition.ts'
import { type DenoiserConfig, denoiserDrawing } from './denoiser-drawing.ts'
import type { Draw, Drawing } from './drawing.ts'
import { flowDrawing } from './flow-drawing.ts'

/** What draws, as data: a flow, or a conditional denoiser, whose probability flow it is. */
export type SamplerConfig = FlowConfig | DenoiserConfig

/**
 * What draws, of its data. A new kind is its file and a line here.
 *
 * @throws TweedieError `input` for sizes that do not fit
 */
export const drawingOf = (config: SamplerConfig): Drawing =>
  config.kind === 'denoiser' ? denoiserDrawing(config) : flowDrawing(config)

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
  readonly flow: SamplerConfig
  readonly params: FlowParams<NdArray>
  /** Shape of one x. */
  readonly event: Shape
  /** Units of the data. */
  readonly range: DataRange
  readonly operator: SamplerOperator
  readonly condition: ConditionLayout
  /** Entries of x that are not there, such as padding; absent: none. */
  readonly outside?: Outside
  /** Of a flow of one measurement: which, by `measurementDigest`. */
  readonly measurement?: string
}

/** What log q gains in the units of the data over those of the prior: n log s. */
export const densityPerUnit = ({
  event,
  range,
  outside = [],
}: Pick<AmortizedSampler, 'event' | 'range' | 'outside'>): number =>
  (sizeOf(event) - outside.length) * Math.log(toPrior(range).scale)

/**
 * The sampler as a function of tensors, its weights as constants.
 *
 * @returns (what was observed of Y signals, z [Y·K, ...event] standard normal with the draws of one
 * observation in sequence) → x [Y·K, ...event] and, of flows, logq [Y·K]
 *
 * @example
 * ```ts
 * const draw = jit(oneStep(sampler))
 * const { x } = await draw({ y, beside: { mask: m } }, normal(stream(0, 'z'), [128, 1, 28, 28]))
 * ```
 */
export const oneStep = ({
  flow,
  params,
  event,
  range,
  operator,
  condition: layout,
  outside,
}: AmortizedSampler): ((input: ConditionInput, z: Tensor) => Draw) => {
  const [units, back] = [toPrior(range), fromPrior(range)]
  const draw = drawingOf(flow).draw(params, { event, operator, layout, units })
  const perUnit = densityPerUnit({ event, range, outside })
  return (input, z) => {
    const { x, logq } = draw(input, z)
    const inside = logq && add(outside ? sub(logq, logOutside(x, outside)) : logq, perUnit)
    return { x: add(mul(x, back.scale), back.offset), ...(inside ? { logq: inside } : {}) }
  }
}
