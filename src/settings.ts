/**
 * Named values with defaults and bounds, for whatever has settings: operators, posterior methods, networks,
 * commands. One dialect for all.
 */
import { TweedieError } from './error.ts'
import { nearestName } from './nearest.ts'

/** Settings that were given: plain values by name. */
export type Settings = Readonly<Record<string, number | string | boolean>>

interface Described {
  /** One line, in the user's words, with the unit. */
  readonly description: string
}

interface Bounds {
  /** Smallest and largest valid value. */
  readonly min?: number
  readonly max?: number
  /** Values must be larger than this, smaller than that. */
  readonly above?: number
  readonly below?: number
}

/** Forms of single values. */
type Scalar =
  | (Bounds & {
      readonly kind: 'number' | 'integer'
      /** Where tuning looks, and how it walks there. */
      readonly search?: { readonly range: readonly [number, number]; readonly scale: 'log' | 'linear' }
    })
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'flag' }
  | { readonly kind: 'text' }

/** Forms of lists: of integers, at least `least` of them (default 0); of two integers; of points in space. */
type List =
  | (Bounds & { readonly kind: 'integers'; readonly least?: number })
  | (Bounds & { readonly kind: 'pair' })
  | { readonly kind: 'points' }

interface Kinds {
  readonly number: number
  readonly integer: number
  readonly flag: boolean
  readonly text: string
  readonly choice: string
  readonly integers: readonly number[]
  readonly pair: readonly [number, number]
  readonly points: readonly (readonly number[])[]
}

/** The values that a spec admits. */
type ValueOf<S> = S extends { choices: readonly (infer Choice)[] }
  ? Choice
  : S extends { kind: keyof Kinds }
    ? Kinds[S['kind']]
    : never

type MaybeSet<F> = F extends unknown
  ? F & {
      /** The value when none is given; absent without. */
      readonly default?: ValueOf<F>
      /** Nothing holds without it. */
      readonly required?: boolean
    }
  : never
type WithDefault<F> = F extends unknown ? F & { readonly default: ValueOf<F> } : never

/** One named single value: with a default, required, or absent when it is not given. */
export type ScalarSpec = Described & MaybeSet<Scalar>

/** One named value, single or a list. */
export type ValueSpec = ScalarSpec | (Described & MaybeSet<List>)

/** Values by name. */
export type ValueSpecs = Readonly<Record<string, ValueSpec>>

/** One setting: a single value that has a default. */
export type SettingSpec = Described & WithDefault<Scalar>

/** Settings by name. */
export type SettingSpecs = Readonly<Record<string, SettingSpec>>

/** The values of specs: undefined perhaps where there is no default and nothing is required. */
export type SettingsOf<S extends ValueSpecs> = {
  readonly [K in keyof S]: S[K] extends { default: unknown } | { required: true }
    ? ValueOf<S[K]>
    : ValueOf<S[K]> | undefined
}

type RequiredIn<S extends ValueSpecs> = {
  [K in keyof S]: S[K] extends { required: true } ? K : never
}[keyof S]

/** Values as they are given: what is required, and of the rest what differs from the defaults. */
export type GivenOf<S extends ValueSpecs> = {
  readonly [K in RequiredIn<S>]: ValueOf<S[K]>
} & { readonly [K in Exclude<keyof S, RequiredIn<S>>]?: ValueOf<S[K]> }

const inBounds = (
  value: unknown,
  { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity }: Bounds,
): value is number =>
  typeof value === 'number' &&
  Number.isFinite(value) &&
  value >= min &&
  value <= max &&
  value > above &&
  value < below

const isInteger = (value: unknown, bounds: Bounds): boolean =>
  Number.isInteger(value) && inBounds(value, bounds)

const isPoint = (value: unknown): boolean =>
  Array.isArray(value) && value.every((v) => typeof v === 'number' && Number.isFinite(v))

const fits = (spec: ValueSpec, value: unknown): boolean => {
  switch (spec.kind) {
    case 'flag':
      return typeof value === 'boolean'
    case 'text':
      return typeof value === 'string'
    case 'choice':
      return spec.choices.some((choice) => choice === value)
    case 'number':
      return inBounds(value, spec)
    case 'integer':
      return isInteger(value, spec)
    case 'integers':
      return (
        Array.isArray(value) && value.length >= (spec.least ?? 0) && value.every((v) => isInteger(v, spec))
      )
    case 'pair':
      return Array.isArray(value) && value.length === 2 && value.every((v) => isInteger(v, spec))
    case 'points':
      return Array.isArray(value) && value.length > 0 && value.every(isPoint)
  }
}

/** `a number above 0, at most 1`, `an integer of at least 1` */
const within = (what: string, { min, max, above, below }: Bounds): string => {
  const bounds = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ]
  if (bounds.length === 0) return what
  return `${what} ${bounds[0].startsWith('at') ? 'of ' : ''}${bounds.join(', ')}`
}

/** A valid value in words: `an integer of at least 1`, `one of a|b`. */
const wanted = (spec: ValueSpec): string => {
  switch (spec.kind) {
    case 'flag':
      return 'true or false'
    case 'text':
      return 'text'
    case 'choice':
      return `one of ${spec.choices.join('|')}`
    case 'number':
      return within('a number', spec)
    case 'integer':
      return within('an integer', spec)
    case 'integers':
      return within(`a list of ${spec.least ? `${spec.least} or more ` : ''}integers`, spec)
    case 'pair':
      return within('two integers', spec)
    case 'points':
      return 'a list of points'
  }
}

/** A valid value in words, such as `an integer of at least 1`, when this one is not; undefined when it is. */
export const problemOf = (spec: ValueSpec, value: unknown): string | undefined =>
  fits(spec, value) ? undefined : wanted(spec)

/** @throws TweedieError `input` for a value that does not fit */
const expectValue = (owner: string, name: string, spec: ValueSpec, value: unknown): void => {
  const problem = problemOf(spec, value)
  if (problem !== undefined)
    throw new TweedieError('input', `${owner}: '${name}' must be ${problem}, got ${value}`)
}

const expectNone = (owner: string, name: string, { required }: ValueSpec): void => {
  if (required) throw new TweedieError('input', `${owner}: '${name}' is missing`)
}

/**
 * All settings of something: those given, and defaults.
 *
 * @param owner - what has the settings, for messages: `operator 'mask'`
 * @throws TweedieError `input` for unknown names (with the nearest), values that do not fit, and required
 * ones that are missing
 */
export const settingsOf = <S extends ValueSpecs>(
  owner: string,
  specs: S,
  given: Readonly<Record<string, unknown>>,
): SettingsOf<S> => {
  const names = Object.keys(specs)
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name)) {
      const hint = names.length > 0 ? `; did you mean '${nearestName(name, names)}'?` : ', it has no settings'
      throw new TweedieError('input', `${owner}: unknown setting '${name}'${hint}`)
    }
    if (value !== undefined) expectValue(owner, name, specs[name], value)
  }
  const values = Object.entries(specs).map(([name, spec]) => {
    const value = given[name] ?? spec.default
    if (value === undefined) expectNone(owner, name, spec)
    return [name, value]
  })
  return Object.fromEntries(values)
}

/**
 * An entry of a list: its `make` takes the settings that were given, the one described here gets all of them,
 * checked.
 *
 * @example
 * ```ts
 * const settings = { rho: { kind: 'number', default: 7, above: 0, description: 'ρ' } } as const
 * entryOf({ name: 'karras', description: '…', settings, make: ({ rho }) => rho }).make() // 7
 * ```
 */
export const entryOf = <const S extends SettingSpecs, T>(described: {
  readonly name: string
  readonly description: string
  readonly settings: S
  make(settings: SettingsOf<S>): T
}) => ({
  ...described,
  make: (given: Settings = {}): T => described.make(settingsOf(described.name, described.settings, given)),
})

/**
 * The settings of something that a record has, checked, without defaults; what else it has is left out.
 *
 * @param owner - what has the settings, for messages
 * @throws TweedieError `input` for values that do not fit, and required ones that are missing
 */
export const givenOf = <S extends ValueSpecs>(
  owner: string,
  specs: S,
  record: Readonly<Record<string, unknown>>,
): GivenOf<S> => {
  const given = Object.entries(specs).flatMap(([name, spec]) => {
    const value = Object.hasOwn(record, name) ? record[name] : undefined
    if (value === undefined) expectNone(owner, name, spec)
    else expectValue(owner, name, spec, value)
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(given)
}
