/** Named things with settings as they are written on a command line: `dps:zeta=0.5`. */
import { TweedieError } from './error.ts'
import { nearestName } from './nearest.ts'
import type { SettingSpec, SettingSpecs, Settings } from './settings.ts'

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
 * Finds an entry of a list by its name.
 *
 * @param what - what the entries are, for messages: `step`
 * @returns a function that throws TweedieError `input` for unknown names, with the nearest
 *
 * @example
 * ```ts
 * const stepNamed = entryIn('step', stepKinds)
 * ```
 */
export const entryIn =
  <E extends { readonly name: string }>(what: string, entries: readonly E[]) =>
  (name: string): E => {
    const found = entries.find((entry) => entry.name === name)
    if (found) return found
    const known = entries.map((entry) => entry.name)
    const hint = `did you mean '${nearestName(name, known)}'? (known: ${known.join(', ')})`
    throw new TweedieError('input', `unknown ${what} '${name}', ${hint}`)
  }

/** Something with a name and settings. */
interface Named {
  readonly name: string
  readonly settings: SettingSpecs
}

/**
 * Splits `name:setting=value:…` (colons or semicolons) into the entry of that name and the settings that
 * differ from its defaults. A flag may stand without a value, for true.
 *
 * @param entryNamed - the entry of a name; throws for unknown ones
 * @throws TweedieError `input` for unknown settings, with the nearest name, and values of another kind
 *
 * @example
 * ```ts
 * const { entry, settings } = namedWithSettings('dps:zeta=0.5', methodNamed)
 * ```
 */
export const namedWithSettings = <E extends Named>(
  text: string,
  entryNamed: (name: string) => E,
): { readonly entry: E; readonly settings: Settings } => {
  const [name, ...pairs] = text.split(/[:;]/)
  const entry = entryNamed(name.trim())
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
  return { entry, settings: Object.fromEntries(settings) }
}
