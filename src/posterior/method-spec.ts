/** Methods as they are written on a command line. */
import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import type { SettingSpec, Settings } from '../settings.ts'
import { methodNamed } from './method-named.ts'

/** A method as it is asked for, with settings. */
export interface MethodSpec {
  /** Its name in the list of methods. */
  readonly method: string
  /** Settings that differ from its defaults. */
  readonly settings: Settings
}

/** The value that a text stands for; undefined when it stands for none of that kind. */
const valueFrom = (spec: SettingSpec, text: string | undefined): Settings[string] | undefined => {
  if (spec.kind === 'flag') {
    const flags: Readonly<Record<string, boolean>> = { true: true, false: false }
    return text === undefined ? true : flags[text]
  }
  if (text === undefined || text === '') return undefined
  if (spec.kind === 'choice' || spec.kind === 'text') return text
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

const WANTED = {
  number: 'number',
  integer: 'integer',
  choice: 'choice',
  flag: 'true|false',
  text: 'text',
} as const

/**
 * Reads `dps`, `dps:zeta=0.5`, `pigdm:form=pinv`, `mmps:iterations=3:covariance=ones`: a method with the
 * settings that differ from its defaults, apart by colons or semicolons. A flag may stand without a value,
 * for true.
 *
 * @throws TweedieError `input` for unknown methods and settings (with the nearest name), and values that do
 *   not fit
 *
 * @example
 * ```ts
 * const { method, settings } = methodSpec('mmps:iterations=3')
 * const posterior = methodNamed(method).make(settings)
 * ```
 */
export const methodSpec = (text: string): MethodSpec => {
  const [name, ...pairs] = text.split(/[:;]/)
  const entry = methodNamed(name.trim())
  const names = Object.keys(entry.settings)
  const settings = pairs.map((pair) => {
    const [key, given] = pair.split('=').map((part) => part.trim())
    if (!Object.hasOwn(entry.settings, key)) {
      const hint = names.length > 0 ? `; did you mean '${nearestName(key, names)}'?` : ', it has no settings'
      throw new TweedieError('input', `${entry.name}: unknown setting '${key}'${hint}`)
    }
    const spec = entry.settings[key]
    const value = valueFrom(spec, given)
    if (value === undefined)
      throw new TweedieError(
        'input',
        `'${text}': expected ${entry.name}:${key}=${WANTED[spec.kind]}, got '${pair}'`,
      )
    return [key, value] as const
  })
  const spec = { method: entry.name, settings: Object.fromEntries(settings) }
  entry.make(spec.settings) // values out of bounds are refused here
  return spec
}
