/** The list of methods in words, for the help of command lines. */
import type { SettingSpec } from '../settings.ts'
import type { MethodEntry } from './method-entry.ts'

const NEEDS = {
  any: 'any differentiable operator',
  linear: 'linear operators',
  pinv: 'linear operators with a pseudo-inverse',
  mask: 'masks',
  identity: 'noise alone',
} as const

const settingOf = ([key, spec]: readonly [string, SettingSpec]): string => {
  const choices = spec.kind === 'choice' ? `${spec.choices.join('|')}; ` : ''
  return `${key}=${spec.default} (${choices}${spec.description})`
}

/**
 * Methods by name, each with what it takes, its settings and their defaults, as paragraphs.
 *
 * @example
 * ```ts
 * console.log(methodsHelp(methods))
 * ```
 */
export const methodsHelp = (methods: readonly MethodEntry[]): string =>
  methods
    .map(({ name, title, reference, needs, settings }) => {
      const list = Object.entries(settings).map(settingOf).join(', ')
      return `${name}: ${title} (${reference}), ${NEEDS[needs]}${list === '' ? '' : `. ${list}`}`
    })
    .join('\n\n')
