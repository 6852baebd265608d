/** What a method of the table is: its needs, its cost, its settings, and how the two kinds of them are made. */
import {
  type Denoiser,
  ddpm,
  type Sampler,
  type SamplerOptions,
  type Step,
  sampler,
} from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { Observation } from '../operators/index.ts'

/** Names of the methods. */
export const methodNames = [
  'mmps',
  'dps',
  'pigdm',
  'tmpd',
  'diffpir',
  'mcg',
  'ddnm',
  'repaint',
  'noise2score',
  'red-diff',
  'tds',
  'smc-mmps',
] as const

/** A method of the table. */
export type MethodName = (typeof methodNames)[number]

/** A number that a method can be tuned by. */
export interface Setting {
  readonly default: number
  /** Where tuning looks; other positive values are allowed. */
  readonly range: readonly [number, number]
  /** How the range is walked; an `integer` is also required to be one. */
  readonly scale: 'log' | 'linear' | 'integer'
  readonly about: string
}

/** Values of settings by name; what is missing has its default. */
export type Settings = Readonly<Record<string, number>>

/** Network evaluations and vector–Jacobian products through the network, for one observation. */
export interface Cost {
  readonly evaluations: number
  readonly vjps: number
}

/** The observation that the context of a batch holds, as expressions. */
export type ObservationOf<C> = (context: C) => Observation

/** One posterior sampler. */
export interface Method {
  readonly name: MethodName
  /** The name as tables print it. */
  readonly title: string
  /** Authors and year. */
  readonly reference: string
  /**
   * Operators that it takes: any differentiable one, linear ones with a pseudo-inverse, masks, or the identity alone.
   */
  readonly needs: 'any' | 'linear' | 'pinv' | 'mask' | 'identity'
  readonly settings: Readonly<Record<string, Setting>>
  /** Of one step of a sampler made of such steps (default ancestral); {@link Method.last} comes on top. */
  cost(settings?: Settings, step?: Step): Cost
  /** Of what ends a draw, after its last step. */
  last(settings?: Settings): Cost
  /**
   * The sampler of p(x | y).
   *
   * @throws TweedieError `input` for settings that the method does not have or that are out of bounds; on the first batch, for
   *   an operator that it does not take
   */
  compile<C>(
    prior: Denoiser,
    observationOf: ObservationOf<C>,
    settings?: Settings,
    options?: SamplerOptions,
  ): Sampler<C>
}

const checkSetting = (method: string, name: string, value: number, setting: Setting | undefined): void => {
  if (!setting) throw new TweedieError('input', `${method} has no setting '${name}'`)
  const fits = Number.isFinite(value) && value > 0 && (setting.scale !== 'integer' || Number.isInteger(value))
  if (fits) return
  const want = setting.scale === 'integer' ? 'a positive integer' : 'a positive number'
  throw new TweedieError('input', `${method}: setting '${name}' must be ${want}, got ${value}`)
}

/**
 * The settings of a method, defaults filled in.
 *
 * @throws TweedieError `input` for unknown names and values out of bounds
 */
export const settled = (
  { name, settings }: Pick<Method, 'name' | 'settings'>,
  given: Settings = {},
): Settings => {
  for (const [key, value] of Object.entries(given)) {
    checkSetting(name, key, value, Object.hasOwn(settings, key) ? settings[key] : undefined)
  }
  const defaults = Object.entries(settings).map(([key, setting]) => [key, setting.default])
  return { ...Object.fromEntries(defaults), ...given }
}

/** What tells one guidance method from another. */
export interface Guidance extends Pick<Method, 'name' | 'title' | 'reference' | 'needs' | 'settings'> {
  guide(prior: Denoiser, observation: Observation, settings: Settings): Denoiser
  /** Products through the network's Jacobian for each evaluation. */
  vjps(settings: Settings): number
  /** Whether it works by shifting the next state: the last denoise has none and is the network alone. */
  readonly shifts?: boolean
  /** The step that it is sampled with, given the one that is asked for. */
  step?(asked: Step, settings: Settings): Step
}

/** The methods that are denoisers, sampled step by step. */
export const guidance = ({
  guide,
  vjps,
  shifts = false,
  step = (asked) => asked,
  ...rest
}: Guidance): Method => ({
  ...rest,
  last: (given) => ({ evaluations: 1, vjps: shifts ? 0 : vjps(settled(rest, given)) }),
  cost: (given, asked = ddpm()) => {
    const settings = settled(rest, given)
    const { evaluations } = step(asked, settings)
    return { evaluations, vjps: evaluations * vjps(settings) }
  },
  compile: (prior, observationOf, given, options = {}) => {
    const settings = settled(rest, given)
    const method = step(options.step ?? ddpm(), settings)
    return sampler((context) => guide(prior, observationOf(context), settings), { ...options, step: method })
  },
})

/** The methods that are samplers of their own. */
export const standalone = (
  method: Omit<Method, 'cost' | 'last'> & { cost(settings: Settings): Cost; last(settings: Settings): Cost },
): Method => ({
  ...method,
  cost: (given) => method.cost(settled(method, given)),
  last: (given) => method.last(settled(method, given)),
  compile: (prior, observationOf, given, options) =>
    method.compile(prior, observationOf, settled(method, given), options),
})
