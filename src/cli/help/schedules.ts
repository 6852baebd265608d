import { importedSchedules } from '../../diffusion/index.ts'
import { describedSetting } from './methods.ts'

const listed = importedSchedules
  .map(({ name, description, settings }) => {
    const list = Object.entries(settings).map(describedSetting).join(', ')
    return `\n\n${name}: ${description}. ${list}`
  })
  .join('')

/** The schedules of foreign networks by name, each with its settings and their defaults. */
export const schedulesHelp = `Schedules, with their settings (name:key=value) and defaults: ${listed}`
