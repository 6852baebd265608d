/** `tweedie observe`: an observation set from clean data, or from a user's own observations. */
import { existsSync, statSync } from 'node:fs'
import {
  type DataRange,
  type ObservationSet,
  observationsFromArrays,
  observationsFromImages,
  type Simulation,
  simulateObservations,
  writeArrays,
  writeObservations,
} from '../data/index.ts'
import { TweedieError } from '../error.ts'
import type { OptionsOf } from './commands.ts'
import { firstOf, loadClean } from './experiment.ts'
import type { Io } from './io.ts'
import { checkedOutput } from './output.ts'
import { formatFields } from './table.ts'

type Options = OptionsOf<'observe'>

const operatorOf = ({ operator, keep, dimension }: Options): Simulation['operator'] => {
  if (operator === 'mask') return { kind: 'mask', keep }
  return operator === 'projection' ? { kind: 'projection', dimension } : { kind: 'identity' }
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

const simulated = async (source: string, options: Options): Promise<ObservationSet> => {
  if (options.mask !== undefined)
    throw new TweedieError('input', '--mask goes with --observed; --keep deletes pixels of clean data')
  const { count, skip, split, noise = 0.05, seed = 1, truth } = options
  const clean = await loadClean(source, { split, count, skip, range: rangeOf(options) })
  if (truth !== undefined) writeArrays(truth, { x: clean.x })
  return simulateObservations(clean.x, { operator: operatorOf(options), noise, range: clean.range, seed })
}

export const run = async ([source]: readonly string[], options: Options, io: Io): Promise<void> => {
  checkedOutput(options.output)
  if (options.truth !== undefined) checkedOutput(options.truth, ['.npy', '.npz', '.safetensors'])
  const set = options.observed ? own(source, options) : await simulated(source, options)
  writeObservations(options.output, set)
  const { y, operator, noise, range } = set
  const seen =
    operator.kind === 'mask' ? operator.mask.data.reduce((n, m) => n + m, 0) / operator.mask.size : undefined
  const facts = {
    path: options.output,
    observations: y.shape[0],
    shape: [...y.shape.slice(1)],
    operator: operator.kind,
    noise,
    range: [...range],
  }
  io.result(
    formatFields([
      ['written', options.output],
      ['observations', `${y.shape[0]} of [${y.shape.slice(1).join(', ')}]`],
      ['operator', seen === undefined ? operator.kind : `mask, ${(100 * seen).toFixed(1)} % observed`],
      ['noise', `${noise} (data from ${range[0]} to ${range[1]})`],
    ]),
    seen === undefined ? facts : { ...facts, observed: seen },
  )
}
