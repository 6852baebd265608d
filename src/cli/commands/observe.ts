/** `tweedie observe`: an observation set from clean data, or from a user's own observations. */
import { TweedieError } from '../../error.ts'
import { arrayExtensions } from '../../formats/index.ts'
import { parseJson } from '../../json.ts'
import {
  neverSeen,
  neverSeenWords,
  type Observations,
  type OperatorSetting,
  readDomain,
  seenShare,
} from '../../observations/index.ts'
import type { OperatorSpec } from '../../operators/index.ts'
import { average } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { openCleanItems } from '../config/loading.ts'
import { operatorSettingOf } from '../config/operator-schema.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { checkUnits, rangeOf } from '../own/data-range.ts'
import { noiseLevelOf } from '../own/noise-option.ts'
import { observeOwn } from '../own/observe-own.ts'
import { checkOperatorName, pairsOf, settingValue } from '../own/operator-arguments.ts'
import { refuseLayout } from '../own/own-layout.ts'
import { heldItems, simulateInto, someItems } from '../own/simulated.ts'
import { formatFields } from '../table.ts'

type Options = OptionsOf<'observe'>

/** The operator by name, with settings from key=value arguments and from options of their own. */
const operatorOf = (
  { operator: name = 'mask', keep, dimension, blind }: Options,
  settings: readonly string[],
): OperatorSetting => {
  checkOperatorName(name)
  const pairs = pairsOf(settings).map(([key, text]) => [key, settingValue(key, text)] as const)
  const options = Object.entries({ keep, dimension }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  )
  return operatorSettingOf({ kind: name, blind, ...Object.fromEntries([...options, ...pairs]) })
}

const simulated = async (
  source: string,
  settings: readonly string[],
  options: Options,
  io: Io,
): Promise<Observations> => {
  if (options.mask !== undefined)
    throw new TweedieError('input', '--mask goes with --observed; --keep deletes pixels of clean data')
  for (const name of ['event', 'noiseCovariance'] as const)
    if (options[name] !== undefined)
      throw new TweedieError(
        'input',
        `--${name === 'event' ? name : 'noise-covariance'} goes with --observed`,
      )
  const { count, skip, split, photons, seed = 1, truth, domain } = options
  if (options.noise === 'unknown')
    throw new TweedieError('input', '--noise unknown: simulated noise needs its level; it is for --observed')
  const noise = options.noise === undefined ? 0.05 : noiseLevelOf(options.noise)
  const said = rangeOf(options)
  const clean = heldItems(await openCleanItems(source, { split, count, skip, range: said }))
  const { range, view } = clean
  checkUnits(source, { x: someItems(clean), range }, said !== undefined, io)
  const operator = operatorOf(options, settings)
  const valid = domain === undefined ? clean.valid : readDomain(domain)
  const files = { output: options.output, truth }
  const { progress: onProgress, signal } = io
  const how = { operator, noise, photons, range, view, valid, seed }
  return simulateInto(clean, how, files, { onProgress, signal })
}

/** An operator with its settings in words. */
const described = ({ name, settings, of, truth }: Observations['operator']): string => {
  const words = ({ name, settings, of }: OperatorSpec): string => {
    const own = [name, ...Object.entries(settings).map(([key, value]) => `${key}=${value}`)].join(' ')
    return of ? `${own} (${of.map(words).join(', ')})` : own
  }
  return `${words({ name, settings, of })}${truth ? ' blind' : ''}`
}

export const run = async (
  [source, ...settings]: readonly string[],
  options: Options,
  io: Io,
): Promise<void> => {
  checkedOutput(options.output)
  if (!options.observed) refuseLayout(options)
  if (options.truth !== undefined) checkedOutput(options.truth, arrayExtensions())
  const made = options.observed ? observeOwn : simulated
  const set = await made(source, settings, options, io)
  const { y, operator, noise, std, range } = set
  const observed = seenShare(set)
  const inside = set.valid && average(set.valid.data)
  const unseen = neverSeen(set)
  if (unseen) io.note(neverSeenWords(unseen))
  const facts = {
    path: options.output,
    observations: y.shape[0],
    shape: [...y.shape.slice(1)],
    operator: operator.name,
    settings: operator.settings,
    ...(operator.of ? { of: parseJson(JSON.stringify(operator.of), 'of') } : {}),
    blind: operator.truth !== undefined,
    noise,
    range: [...range],
    ...(inside === undefined ? {} : { domain: inside }),
    ...(unseen ? { neverSeen: { count: unseen.count, share: unseen.share, place: unseen.place } } : {}),
  }
  io.result(
    formatFields([
      ['written', options.output],
      ['observations', `${y.shape[0]} of [${y.shape.slice(1).join(', ')}]`],
      [
        'operator',
        observed === undefined
          ? described(operator)
          : `${described(operator)}, ${(100 * observed).toFixed(1)} % observed`,
      ],
      [
        'noise',
        `${std ? `${noise.toPrecision(3)} on average, its own for each entry` : noise} ` +
          `(data from ${range[0]} to ${range[1]})`,
      ],
      ...(inside === undefined ? [] : [['domain', `${(100 * inside).toFixed(1)} % of each x`] as const]),
    ]),
    observed === undefined ? facts : { ...facts, observed },
  )
}
