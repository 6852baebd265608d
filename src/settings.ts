/** Named values with defaults and bounds, for whatever has settings: operators, posterior methods, commands. One dialect for all. */
import { TweedieError } from './error.ts'
import { nearestName } from './nearest.ts'

/** Settings that were given: plain values by name. */
export type Settings = Readonly<Record<string, number | string | boolean>>

interface Described {
  /** One line, in the user's words, with the unit. */
  readonly description: string
}

/** One setting; all have defaults. */
export type SettingSpec = Described &
  (
    | {
        readonly kind: 'number' | 'integer'
        readonly default: number
        /** Smallest and largest valid value. */
        readonly min?: number
        readonly max?: number
        /** Values must be larger than this. */
        readonly above?: number
        /** Where tuning looks, and how it walks there. */
        readonly search?: { readonly range: readonly [number, number]; readonly scale: 'log' | 'linear' }
      }
    | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default: string }
    | { readonly kind: 'flag'; readonly default: boolean }
    | { readonly kind: 'text'; readonly default: string }
  )

/** Settings by name. */
export type SettingSpecs = Readonly<Record<string, SettingSpec>>

type ValueOf<S> = S extends { kind: 'flag' }
  ? boolean
  : S extends { kind: 'number' | 'integer' }
    ? number
    : S extends { choices: readonly (infer Choice)[] }
      ? Choice
      : string

/** The values of settings. */
export type SettingsOf<S extends SettingSpecs> = { readonly [K in keyof S]: ValueOf<S[K]> }

const problemOf = (spec: SettingSpec, value: unknown): string | undefined => {
  switch (spec.kind) {
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'text':
      return typeof value === 'string' ? undefined : 'text'
    case 'choice':
      return spec.choices.some((choice) => choice === value) ? undefined : `one of ${spec.choices.join('|')}`
    default: {
      const { kind, min = -Infinity, max = Infinity, above = -Infinity } = spec
      const fits =
        typeof value === 'number' &&
        Number.isFinite(value) &&
        value >= min &&
        value <= max &&
        value > above &&
        (kind === 'number' || Number.isInteger(value))
      return fits ? undefined : rangeOf(spec)
    }
  }
}

const rangeOf = (spec: Extract<SettingSpec, { kind: 'number' | 'integer' }>): string => {
  const { kind, min, max, above } = spec
  const bounds = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ]
  return [kind === 'integer' ? 'an integer' : 'a number', ...bounds].join(', ').replace(', ', ' ')
}

/**
 * All settings of something: those given, and defaults.
 *
 * @param owner - what has the settings, for messages: `operator 'mask'`
 * @throws TweedieError `input` for unknown names (with the nearest) and values that do not fit
 */
export const settingsOf = <S extends SettingSpecs>(
  owner: string,
  specs: S,
  given: Settings,
): SettingsOf<S> => {
  const names = Object.keys(specs)
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name)) {
      const hint = names.length > 0 ? `; did you mean '${nearestName(name, names)}'?` : ', it has no settings'
      throw new TweedieError('input', `${owner}: unknown setting '${name}'${hint}`)
    }
    const problem = problemOf(specs[name], value)
    if (problem !== undefined)
      throw new TweedieError('input', `${owner}: '${name}' must be ${problem}, got ${value}`)
  }
  const values = Object.entries(specs).map(([name, spec]) => [name, given[name] ?? spec.default])
  return Object.fromEntries(values)
}
