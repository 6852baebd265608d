/** The cells of a table: methods × steps × tasks. */
import { TweedieError } from '../error.ts'
import { methodNamed, type Settings } from '../posterior/index.ts'
import type { Cell, Task } from './cell.ts'

/** A method as it is asked for, with settings. */
export interface Contender {
  readonly method: Cell['method']
  readonly settings: Settings
}

/**
 * Reads `mmps:iterations=3`, `dps`, `dps:zeta=0.5`: a method with the settings that differ from its defaults.
 *
 * @throws TweedieError `input` for unknown methods (with the nearest name) and settings that are no numbers
 */
export const contender = (text: string): Contender => {
  const [name, ...pairs] = text.split(/[:;]/)
  const { name: method } = methodNamed(name.trim())
  const settings = pairs.map((pair) => {
    const [key, value] = pair.split('=')
    if (value === undefined || value.trim() === '' || !Number.isFinite(Number(value)))
      throw new TweedieError('input', `'${text}': expected method:setting=number, got '${pair}'`)
    return [key.trim(), Number(value)] as const
  })
  return { method, settings: Object.fromEntries(settings) }
}

/** Settings found by tuning: method → task → settings. */
export type Tuned = Readonly<Record<string, Readonly<Record<string, Settings>>>>

/** All cells, tasks first, then methods, then steps, the cheap before the dear. */
export const gridOf = (
  axes: {
    readonly contenders: readonly Contender[]
    readonly steps: readonly number[]
    readonly tasks: readonly Task[]
    readonly tuned?: Tuned
    /** Draws at each number of steps. */
    readonly draws: (steps: number) => number
  },
  { images, seed }: Pick<Cell, 'images' | 'seed'>,
): Cell[] =>
  [...axes.steps]
    .sort((a, b) => a - b)
    .flatMap((steps) =>
      axes.tasks.flatMap((task) =>
        axes.contenders.map(({ method, settings }) => ({
          method,
          settings: { ...axes.tuned?.[method]?.[task.name], ...settings },
          steps,
          task,
          images,
          draws: axes.draws(steps),
          seed,
        })),
      ),
    )
