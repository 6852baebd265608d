/**
 * Every posterior sampler under one roof: what each needs, what it costs, what it can be tuned by, and how it is compiled. The
 * command line and the benchmarks know the methods from this table alone.
 */
import { nearestName } from '../data/index.ts'
import {
  type Denoiser,
  ddpm,
  type Sampler,
  type SamplerOptions,
  type Step,
  sampler,
  timeTravel,
} from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { ddnm } from './ddnm.ts'
import { diffpir } from './diffpir.ts'
import { dps } from './dps.ts'
import { gmres } from './gmres.ts'
import { mcg } from './mcg.ts'
import { mmps, type Observation } from './mmps.ts'
import { noise2score } from './noise2score.ts'
import { pigdm } from './pigdm.ts'
import { repaint } from './repaint.ts'
import { tmpd } from './tmpd.ts'

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
  /** Operators that it takes: any differentiable one, linear ones with a pseudo-inverse, masks, or the identity alone. */
  readonly needs: 'any' | 'linear' | 'pinv' | 'mask' | 'identity'
  readonly settings: Readonly<Record<string, Setting>>
  /** Of one step of a sampler made of such steps (default ancestral); the final denoise comes on top. */
  cost(settings?: Settings, step?: Step): Cost
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

/** The settings of a method, defaults filled in. @throws TweedieError `input` for unknown names and values out of bounds */
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
interface Guidance extends Pick<Method, 'name' | 'title' | 'reference' | 'needs' | 'settings'> {
  guide(prior: Denoiser, observation: Observation, settings: Settings): Denoiser
  /** Products through the network's Jacobian for each evaluation. */
  vjps(settings: Settings): number
  /** The step that it is sampled with, given the one that is asked for. */
  step?(asked: Step, settings: Settings): Step
}

const guidance = ({ guide, vjps, step = (asked) => asked, ...rest }: Guidance): Method => ({
  ...rest,
  cost: (given, asked = ddpm()) => {
    const settings = settled(rest, given)
    const { evaluations } = step(asked, settings)
    return { evaluations, vjps: evaluations * vjps(settings) }
  },
  compile: (prior, observationOf, given, options = {}) => {
    const settings = settled(rest, given)
    const method = step(options.method ?? ddpm(), settings)
    return sampler((context) => guide(prior, observationOf(context), settings), { ...options, method })
  },
})

const zeta: Setting = { default: 1, range: [0.1, 10], scale: 'log', about: 'length of the gradient step' }

const table: Readonly<Record<MethodName, Method>> = {
  mmps: guidance({
    name: 'mmps',
    title: 'MMPS',
    reference: 'Rozet et al. 2024',
    needs: 'any',
    settings: {
      iterations: { default: 5, range: [1, 8], scale: 'integer', about: 'vectors of GMRES' },
    },
    guide: (prior, o, { iterations }) => mmps(prior, o, { solve: gmres({ iterations }) }),
    vjps: ({ iterations }) => iterations + 1,
  }),
  dps: guidance({
    name: 'dps',
    title: 'DPS',
    reference: 'Chung et al. 2023',
    needs: 'any',
    settings: { zeta },
    guide: (prior, o, { zeta }) => dps(prior, o, { zeta }),
    vjps: () => 1,
  }),
  pigdm: guidance({
    name: 'pigdm',
    title: 'ΠGDM',
    reference: 'Song et al. 2023',
    needs: 'any',
    settings: {
      weight: { default: 1, range: [0.01, 1], scale: 'log', about: 'factor on the shift of the next state' },
    },
    guide: (prior, o, { weight }) => pigdm(prior, o, { weight }),
    vjps: () => 1,
  }),
  tmpd: guidance({
    name: 'tmpd',
    title: 'TMPD',
    reference: 'Boys et al. 2023',
    needs: 'any',
    settings: {},
    guide: (prior, o) => tmpd(prior, o),
    vjps: () => 2,
  }),
  diffpir: guidance({
    name: 'diffpir',
    title: 'DiffPIR',
    reference: 'Zhu et al. 2023',
    needs: 'any',
    settings: {
      lambda: {
        default: 8,
        range: [0.5, 64],
        scale: 'log',
        about: 'trust in the prior against the observation',
      },
    },
    guide: (prior, o, { lambda }) => diffpir(prior, o, { lambda }),
    vjps: () => 0,
  }),
  mcg: guidance({
    name: 'mcg',
    title: 'MCG',
    reference: 'Chung et al. 2022',
    needs: 'pinv',
    settings: { zeta },
    guide: (prior, o, { zeta }) => mcg(prior, o, { zeta }),
    vjps: () => 1,
  }),
  ddnm: guidance({
    name: 'ddnm',
    title: 'DDNM',
    reference: 'Wang, Yu & Zhang 2023',
    needs: 'pinv',
    settings: {},
    guide: (prior, o) => ddnm(prior, o),
    vjps: () => 0,
  }),
  repaint: guidance({
    name: 'repaint',
    title: 'RePaint',
    reference: 'Lugmayr et al. 2022',
    needs: 'mask',
    settings: {
      repeats: { default: 5, range: [1, 8], scale: 'integer', about: 'times that each step is made' },
    },
    guide: (prior, o) => repaint(prior, o),
    vjps: () => 0,
    step: (asked, { repeats }) => timeTravel(asked, { repeats }),
  }),
  noise2score: guidance({
    name: 'noise2score',
    title: 'Noise2Score',
    reference: 'Kim & Ye 2021',
    needs: 'identity',
    settings: {},
    guide: (prior, o) => noise2score(prior, o),
    vjps: () => 0,
  }),
}

/**
 * All methods by name.
 *
 * @example
 * ```ts
 * const draw = methods.dps.compile(prior, (o: { y: Tensor }) => ({ y: o.y, A, noise }), { zeta: 0.6 }, { steps: 1000 })
 * ```
 */
export const methods: Readonly<Record<MethodName, Method>> = table

/** The method of that name. @throws TweedieError `input` for unknown names, with the nearest known one */
export const methodNamed = (name: string): Method => {
  const known = methodNames.find((method) => method === name)
  if (known) return methods[known]
  throw new TweedieError(
    'input',
    `unknown method '${name}', did you mean '${nearestName(name, methodNames)}'? (known: ${methodNames.join(', ')})`,
  )
}
