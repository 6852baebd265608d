/** `tweedie tune`: the best setting of a method for a task, on validation images. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  addTuned,
  loadBenchInputs,
  measure,
  observed,
  type Tunable,
  tasksNamed,
  tunable,
  tune,
} from '../../compare/index.ts'
import { TweedieError } from '../../error.ts'
import { nearestName } from '../../nearest.ts'
import { type MethodEntry, methodNamed } from '../../posterior/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { formatTable } from '../table.ts'

/** The setting to tune. @throws TweedieError `input` when the method has none, or not that one */
const settingOf = (
  { name, settings }: MethodEntry,
  wanted: string | undefined,
): readonly [string, Tunable] => {
  const known = Object.keys(settings).filter((key) => tunable(settings[key]))
  const key = wanted ?? known[0]
  if (known.length === 0) throw new TweedieError('input', `${name} has no setting to tune`)
  const setting = Object.hasOwn(settings, key) ? tunable(settings[key]) : undefined
  if (setting) return [key, setting]
  throw new TweedieError(
    'input',
    `${name} has no setting '${key}' to tune; did you mean '${nearestName(key, known)}'?`,
  )
}

export const run = async ([name]: readonly string[], options: OptionsOf<'tune'>, io: Io): Promise<void> => {
  const method = methodNamed(name)
  const [key, setting] = settingOf(method, options.setting)
  mkdirSync(dirname(options.output), { recursive: true })
  checkedOutput(options.output, ['.json'])
  const inputs = await loadBenchInputs(options, 'val')
  const [task] = tasksNamed(inputs, options.task)
  const { steps, budget, images, seed = 0 } = options
  const sets = await observed(task, inputs.truth, seed)
  let tried = 0
  const { best, trials } = await tune(
    setting,
    async (value) => {
      const settings = { [key]: value }
      const cell = {
        kind: 'guided',
        method: method.name,
        settings,
        steps,
        task,
        images,
        draws: 1,
        seed,
      } as const
      const { figures } = await measure(cell, {
        ...inputs,
        sets,
        onProgress: (done, total) =>
          io.progress({ phase: `${key} = ${value}`, done, total, value: `${tried + 1} of ${budget}` }),
        signal: io.signal,
      })
      tried++
      return figures.psnr
    },
    options,
  )
  await inputs.features?.release()
  addTuned(options.output, method.name, task.name, { [key]: best.value })
  io.result(
    [
      formatTable(
        [key, 'PSNR'],
        [...trials]
          .sort((a, b) => a.value - b.value)
          .map(({ value, score }) => [value, Number(score.toFixed(2))]),
      ),
      `${method.title} on ${task.name}: ${key} = ${best.value} ` +
        `(default ${method.settings[key].default}), kept in ${options.output}`,
    ].join('\n\n'),
    {
      method: method.name,
      task: task.name,
      setting: key,
      best: best.value,
      default: method.settings[key].default,
      trials: trials.map(({ value, score }) => ({ value, psnr: score })),
      path: options.output,
    },
  )
}
