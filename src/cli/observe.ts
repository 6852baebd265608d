/** `tweedie observe`: an observation set from clean data, or from a user's own observations. */
import { existsSync, statSync } from 'node:fs'
import {
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

const own = (source: string, { mask, noise, count }: Options): ObservationSet => {
  if (!existsSync(source)) throw new TweedieError('input', `${source}: no such file or folder`)
  if (!statSync(source).isDirectory()) return firstOf(observationsFromArrays(source, mask, noise), count)
  if (mask === undefined)
    throw new TweedieError(
      'input',
      `${source}: a folder of damaged images needs --mask, the folder of their masks`,
    )
  return firstOf(observationsFromImages(source, mask, noise), count)
}

const simulated = (source: string, options: Options): ObservationSet => {
  if (options.mask !== undefined)
    throw new TweedieError('input', '--mask goes with --observed; --keep deletes pixels of clean data')
  const { count, skip, split, noise, seed = 1, truth } = options
  const clean = loadClean(source, { split, count, skip })
  if (truth !== undefined) writeArrays(truth, { x: clean.x })
  return simulateObservations(clean.x, { operator: operatorOf(options), noise, range: clean.range, seed })
}

export const run = async ([source]: readonly string[], options: Options, io: Io): Promise<void> => {
  checkedOutput(options.output)
  if (options.truth !== undefined) checkedOutput(options.truth, ['.npy', '.npz', '.safetensors'])
  const set = options.observed ? own(source, options) : simulated(source, options)
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
