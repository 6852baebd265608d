/** `tweedie observe`: an observation set from clean data, or from a user's own observations. */
import { existsSync, statSync } from 'node:fs'
import { TweedieError } from '../../error.ts'
import { writeArrays } from '../../formats/index.ts'
import {
  type ObservationOperator,
  type ObservationSet,
  type OperatorSetting,
  observationsFromArrays,
  observationsFromImages,
  observe,
  writeObservations,
} from '../../observations/index.ts'
import type { DataRange } from '../../operators/index.ts'
import type { OptionsOf } from '../commands.ts'
import { firstOf, loadClean } from '../config/loading.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { formatFields } from '../table.ts'

type Options = OptionsOf<'observe'>

/** A value of a setting: a number, true or false, else text. */
const settingValue = (text: string): number | boolean | string => {
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
}

/** The operator by name, with settings from key=value arguments and from options of their own. */
const operatorOf = (
  { operator: name, keep, dimension, blind }: Options,
  settings: readonly string[],
): OperatorSetting => {
  const pairs = settings.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw new TweedieError('input', `'${text}': expected a setting of the operator, key=value`)
    return [text.slice(0, at), settingValue(text.slice(at + 1))] as const
  })
  const options = Object.entries({ keep, dimension }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  )
  return { name, blind, settings: Object.fromEntries([...options, ...pairs]) }
}

/** `low,high` of the data; undefined when not given. */
const rangeOf = ({ range }: Options): DataRange | undefined => {
  if (range === undefined) return undefined
  const [low, high, ...more] = range
    .split(',')
    .map((text) => (text.trim() === '' ? Number.NaN : Number(text)))
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high) || more.length > 0)
    throw new TweedieError('input', `--range: expected two numbers, low,high, got '${range}'`)
  return [low, high]
}

const own = (source: string, options: Options): ObservationSet => {
  const { mask, noise, count } = options
  const range = rangeOf(options)
  if (!existsSync(source)) throw new TweedieError('input', `${source}: no such file or folder`)
  if (noise === undefined)
    throw new TweedieError('input', '--observed needs --noise, the standard deviation of your noise')
  if (!statSync(source).isDirectory())
    return firstOf(observationsFromArrays(source, mask, noise, range), count)
  if (range !== undefined) throw new TweedieError('input', '--range: pixels of PNG images are in [0, 1]')
  if (mask === undefined)
    throw new TweedieError(
      'input',
      `${source}: a folder of damaged images needs --mask, the folder of their masks`,
    )
  return firstOf(observationsFromImages(source, mask, noise), count)
}

const simulated = async (
  source: string,
  settings: readonly string[],
  options: Options,
): Promise<ObservationSet> => {
  if (options.mask !== undefined)
    throw new TweedieError('input', '--mask goes with --observed; --keep deletes pixels of clean data')
  const { count, skip, split, noise = 0.05, photons, seed = 1, truth } = options
  const clean = await loadClean(source, { split, count, skip, range: rangeOf(options) })
  const operator = operatorOf(options, settings)
  const set = await observe(clean.x, { operator, noise, photons, range: clean.range, seed })
  if (truth !== undefined) writeArrays(truth, { x: clean.x })
  return set
}

const nameOf = (operator: ObservationOperator): string =>
  operator.kind === 'family' ? operator.name : operator.kind

const described = (operator: ObservationOperator): string => {
  if (operator.kind !== 'family') return operator.kind
  const settings = Object.entries(operator.settings).map(([key, value]) => `${key}=${value}`)
  return [operator.name, ...settings, ...(operator.truth ? ['blind'] : [])].join(' ')
}

export const run = async (
  [source, ...settings]: readonly string[],
  options: Options,
  io: Io,
): Promise<void> => {
  checkedOutput(options.output)
  if (options.observed && options.photons !== undefined)
    throw new TweedieError(
      'input',
      '--photons: --observed data have their noise; write it as an array into the set',
    )
  if (options.observed && settings.length > 0)
    throw new TweedieError(
      'input',
      `'${settings[0]}': --observed data have been observed, they take no settings`,
    )
  if (options.truth !== undefined) checkedOutput(options.truth, ['.npy', '.npz', '.safetensors'])
  const set = options.observed ? own(source, options) : await simulated(source, settings, options)
  writeObservations(options.output, set)
  const { y, operator, noise, std, range } = set
  const seen =
    operator.kind === 'mask' ? operator.mask.data.reduce((n, m) => n + m, 0) / operator.mask.size : undefined
  const facts = {
    path: options.output,
    observations: y.shape[0],
    shape: [...y.shape.slice(1)],
    operator: nameOf(operator),
    ...(operator.kind === 'family'
      ? { settings: operator.settings, blind: operator.truth !== undefined }
      : {}),
    noise,
    range: [...range],
  }
  io.result(
    formatFields([
      ['written', options.output],
      ['observations', `${y.shape[0]} of [${y.shape.slice(1).join(', ')}]`],
      ['operator', seen === undefined ? described(operator) : `mask, ${(100 * seen).toFixed(1)} % observed`],
      [
        'noise',
        `${std ? `${noise.toPrecision(3)} on average, its own for each entry` : noise} (data from ${range[0]} to ${range[1]})`,
      ],
    ]),
    seen === undefined ? facts : { ...facts, observed: seen },
  )
}
