/**
 * log q(x | y) of any x under a distilled sampler, by the inverse of its flow: of the truth, for instance, to
 * be ranked among the log q of its own draws.
 */
import { TweedieError } from '../error.ts'
import { flowOf, insideMask, logOutside, logq } from '../flows/index.ts'
import { countOf, type Observations } from '../observations/index.ts'
import { toPrior } from '../operators/index.ts'
import {
  add,
  constant,
  type ExecuteOptions,
  eachBatch,
  float32,
  frozen,
  jit,
  mul,
  type NdArray,
  reshape,
  rows,
  sub,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { type ConditionInput, conditionFrom, conditionRows } from './condition.ts'
import { type AmortizedSampler, densityPerUnit } from './sampler.ts'

/** How to evaluate densities. */
export interface DensityOptions {
  /** Signals at once (memory and speed, not the result), default 256. */
  readonly batch?: number
  readonly execute?: ExecuteOptions
}

/** log q(x | y) [B] of x [B, ...event], in nats per unit of the data. */
const densityOf = (sampler: AmortizedSampler) => {
  const { flow: config, params, event, range, operator, condition: layout, outside } = sampler
  if (config.kind === 'denoiser')
    throw new TweedieError('input', 'samplerDensity: a denoiser draws without a density; use a flow')
  const flow = flowOf(config)
  const units = toPrior(range)
  const perUnit = densityPerUnit(sampler)
  const there = outside && insideMask([1, ...event], outside)
  const options = { layout, operator, event, units, condition: flow.condition }
  return (input: ConditionInput, x: Tensor): Tensor => {
    const own = add(mul(x, units.scale), units.offset)
    const inside = there ? mul(own, constant(there)) : own // what a truth says elsewhere means nothing
    const whole = logq(
      flow,
      frozen(params),
      reshape(inside, [x.shape[0], ...flow.event]),
      conditionFrom(options, input),
    )
    return add(outside ? sub(whole, logOutside(inside, outside)) : whole, perUnit)
  }
}

/**
 * The log-density of signals under a distilled sampler, each given its own observation, handed on as they
 * come. See {@link samplerDensity}.
 *
 * @param xOf - signals `from … to − 1`, in the units of the data
 * @param take - gets those of the next observations
 */
export const eachSamplerDensity = async (
  sampler: AmortizedSampler,
  set: Observations,
  xOf: (from: number, to: number) => NdArray<'float32'> | Promise<NdArray<'float32'>>,
  { batch = 256, execute }: DensityOptions,
  take: (density: NdArray<'float32'>) => void,
): Promise<void> => {
  const program = jit(densityOf(sampler), execute)
  let done = 0 // a last batch that is shifted back has rows that came before
  try {
    await eachBatch(countOf(set), batch, async (from, to) => {
      const input = conditionRows(sampler.condition, set, from, to)
      take(rows(float32(await program(input, await xOf(from, to))), done - from, to - from))
      done = to
    })
  } finally {
    await program.release()
  }
}

/**
 * The log-density of signals under a distilled sampler, each given its own observation. With the `logq` of
 * draws from `restore` it says in which of the densest regions of the sampler a truth lies (see `diagnosis`).
 * x outside the bounds of a flow that has some counts as the point next to them.
 *
 * @param set - N observations, in the units of the data
 * @param x - `[N, ...event]`, in the units of the data
 * @returns `[N]`, nats per unit of the data, as the `logq` of {@link restore}
 * @throws TweedieError `shape` when there is not one signal for each observation, `input` for a denoiser,
 *   which knows no density
 *
 * @example
 * ```ts
 * const { draws, logq } = await restore(sampler, set, { draws: 19, seed: 0 })
 * const ofTruth = await samplerDensity(sampler, set, truth)
 * ```
 */
export const samplerDensity = async (
  sampler: AmortizedSampler,
  set: Observations,
  x: NdArray<'float32'>,
  options: DensityOptions = {},
): Promise<NdArray<'float32'>> => {
  const count = countOf(set)
  const expected = [count, ...sampler.event]
  if (String(x.shape) !== String(expected))
    throw new TweedieError('shape', `samplerDensity: x should be [${expected}], got [${x.shape}]`)
  const out = zeros([count])
  let done = 0
  await eachSamplerDensity(
    sampler,
    set,
    (from, to) => rows(x, from, to),
    options,
    (density) => {
      out.data.set(density.data, done)
      done += density.size
    },
  )
  return out
}
