import { families } from '../operators/index.ts'
import type { SettingSpec } from '../settings.ts'

const described = ([key, spec]: readonly [string, SettingSpec]): string =>
  `${key}=${spec.default} (${spec.description})`

/** The operators by name, each with its settings and their defaults, as paragraphs of the help. */
export const operatorsHelp = `

Operators, with their settings (key=value) and defaults:${families
  .map(({ name, summary, settings }) => {
    const list = Object.entries(settings).map(described).join(', ')
    return `\n\n${name}: ${summary}${list === '' ? '' : `. ${list}`}`
  })
  .join('')}`
