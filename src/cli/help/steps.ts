import { type GridEntry, grids, type StepEntry, stepKinds } from '../../diffusion/index.ts'
import { describedSetting } from './methods.ts'

const listed = (entries: readonly (StepEntry | GridEntry)[]): string =>
  entries
    .map(({ name, description, settings }) => {
      const list = Object.entries(settings).map(describedSetting).join(', ')
      return `\n\n${name}: ${description}${list === '' ? '' : `. ${list}`}`
    })
    .join('')

/** The kinds of steps by name, each with its settings and their defaults. */
export const stepsHelp = `Steps, with their settings (name:key=value) and defaults: ${listed(stepKinds)}`

/** The grids of noise levels by name, in the same way. */
export const gridsHelp = `Noise levels of the steps, in the same way: ${listed(grids)}`
