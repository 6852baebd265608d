import { baselines } from '../../baselines/index.ts'
import { methods } from '../../posterior/index.ts'
import type { SettingSpec } from '../../settings.ts'

const NEEDS = {
  any: 'any differentiable operator',
  linear: 'linear operators',
  pinv: 'linear operators with a pseudo-inverse',
  mask: 'masks',
  identity: 'noise alone',
} as const

/** `key=default (choices; description)`. */
export const describedSetting = ([key, spec]: readonly [string, SettingSpec]): string => {
  const choices = spec.kind === 'choice' ? `${spec.choices.join('|')}; ` : ''
  return `${key}=${spec.default} (${choices}${spec.description})`
}

const listed = methods
  .map(({ name, title, reference, needs, settings }) => {
    const list = Object.entries(settings).map(describedSetting).join(', ')
    return `\n\n${name}: ${title} (${reference}), ${NEEDS[needs]}${list === '' ? '' : `. ${list}`}`
  })
  .join('')

/** The baselines by name, each with what it takes, its settings and their defaults. */
export const baselinesHelp = `Baselines, which know no prior, named among the methods of compare: ${baselines
  .map(({ name, title, reference, needs, draws, settings }) => {
    const list = Object.entries(settings).map(describedSetting).join(', ')
    const kind = draws ? 'draws' : 'a point estimate'
    return `\n\n${name}: ${title} (${reference}), ${NEEDS[needs]}; ${kind}${list === '' ? '' : `. ${list}`}`
  })
  .join('')}`

/** The posterior methods by name, each with what it takes, its settings and their defaults. */
export const methodsHelp = `Methods, with their settings (name:key=value) and defaults: ${listed}`
