import { type Family, families } from '../../operators/index.ts'
import type { SettingSpec } from '../../settings.ts'

const described = ([key, spec]: readonly [string, SettingSpec]): string =>
  `${key}=${spec.default} (${spec.description})`

/** What own data may give as files. */
const files = ({ parameters, listed }: Family): string => {
  const own = Object.entries(parameters).map(([name, { key = name, about }]) => `${key}=file (${about})`)
  const lists = Object.keys(listed).map((key) => `${key}=file (numbers, instead of the setting)`)
  const all = [...own, ...lists]
  return all.length === 0 ? '' : `. With --observed: ${all.join(', ')}`
}

/** The operators by name, each with its settings, their defaults and its files, as paragraphs of the help. */
export const operatorsHelp = families
  .map((family) => {
    const list = Object.entries(family.settings).map(described).join(', ')
    return `\n\n${family.name}: ${family.summary}${list === '' ? '' : `. ${list}`}${files(family)}`
  })
  .join('')
