/** Tasks with settings of one's own: `denoise:noise=0.12:told=0.1`, `sphere-blind:keep=0.4:keepMax=0.4`. */
import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import { familyOf } from '../operators/index.ts'
import { namedWithSettings } from '../settings-text.ts'
import type { Task } from './cell.ts'

/** Settings that all tasks have, beside those of their operators. */
const noiseSettings = ({ noise }: Task) =>
  ({
    noise: {
      kind: 'number',
      above: 0,
      default: noise,
      description: 'standard deviation of the noise, in the units of the data',
    },
    told: {
      kind: 'number',
      above: 0,
      default: noise,
      description: 'standard deviation that samplers are told, where it is not that of the noise',
    },
  }) as const

const positive = (task: string, name: string, value: unknown): number => {
  if (typeof value === 'number' && value > 0) return value
  throw new TweedieError('input', `task '${task}': ${name} must be positive, got ${value}`)
}

/**
 * The task of a text `name:setting=value:…`, out of known ones. Its settings are those of its operator,
 * `noise`, and `told`: what samplers believe the noise to be.
 *
 * @throws TweedieError `input` for unknown names and settings, and a noise that is not positive
 *
 * @example
 * ```ts
 * taskFrom('denoise:noise=0.12:told=0.1', amortizedTasks) // noise is 20 % more than the samplers know
 * ```
 */
export const taskFrom = (text: string, tasks: Readonly<Record<string, Task>>): Task => {
  const { entry, settings } = namedWithSettings(text.trim(), (name) => {
    const known = Object.keys(tasks)
    if (!known.includes(name))
      throw new TweedieError(
        'input',
        `unknown task '${name}'; did you mean '${nearestName(name, known)}'? (known: ${known.join(', ')})`,
      )
    const task = tasks[name]
    return { name, task, settings: { ...familyOf(task.operator.name).settings, ...noiseSettings(task) } }
  })
  const { task } = entry
  const { noise = task.noise, told, ...own } = settings
  const { operator } = task
  const changed = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  return {
    name: [task.name, ...changed].join(' '),
    operator:
      Object.keys(own).length === 0 ? operator : { ...operator, settings: { ...operator.settings, ...own } },
    noise: positive(task.name, 'noise', noise),
    ...(told === undefined ? {} : { told: positive(task.name, 'told', told) }),
  }
}
