/** `tweedie observe`: an observation set from clean data, or from a user's own observations. */
import { existsSync, statSync } from 'node:fs'
import { parse } from 'yaml'
import { TweedieError } from '../../error.ts'
import { arrayExtensions, writeArrays } from '../../formats/index.ts'
import { isRecord, parseJson } from '../../json.ts'
import {
  keptEntries,
  neverSeen,
  neverSeenWords,
  type ObservationSet,
  type ObservedOperator,
  type OperatorSetting,
  observationsFromArrays,
  observationsFromImages,
  observe,
  readDomain,
  unitsOf,
  writeObservations,
} from '../../observations/index.ts'
import type { DataRange, OperatorSpec } from '../../operators/index.ts'
import { average, type NdArray } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { firstOf, loadClean } from '../config/loading.ts'
import { operatorSettingOf } from '../config/operator-schema.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { formatFields } from '../table.ts'
import { ownLayout, refuseLayout } from './own-layout.ts'

type Options = OptionsOf<'observe'>

/** Whether a value is a list of operators, each with its settings. */
const areOperators = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every(
    (part) =>
      isRecord(part) && typeof part.kind === 'string' && (part.of === undefined || areOperators(part.of)),
  )

/** The operators that one is made of, as YAML. */
const operatorsIn = (text: string): unknown => {
  try {
    const value: unknown = parse(text)
    if (areOperators(value)) return value
  } catch {
    // said below
  }
  throw new TweedieError(
    'input',
    `'of=${text}': expected a list of operators, of=[{kind: blur, sigma: 2}, …]`,
  )
}

/** A value of a setting: operators, a number, true or false, else text. */
const settingValue = (key: string, text: string): unknown => {
  if (key === 'of') return operatorsIn(text)
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
    const key = text.slice(0, at)
    return [key, settingValue(key, text.slice(at + 1))] as const
  })
  const options = Object.entries({ keep, dimension }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  )
  return operatorSettingOf({ kind: name, blind, ...Object.fromEntries([...options, ...pairs]) })
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

const own = (source: string, options: Options, io: Io): ObservationSet => {
  const { mask, noise, count } = options
  const range = rangeOf(options)
  if (!existsSync(source)) throw new TweedieError('input', `${source}: no such file or folder`)
  if (noise === undefined)
    throw new TweedieError('input', '--observed needs --noise, the standard deviation of your noise')
  if (!statSync(source).isDirectory()) {
    const set = observationsFromArrays(source, mask, noise, range, ownLayout(options))
    checkUnits(source, { x: set.y, range: set.range, seen: keptEntries(set) }, range !== undefined, io)
    return firstOf(set, count)
  }
  if (range !== undefined) throw new TweedieError('input', '--range: pixels of PNG images are in [0, 1]')
  if (mask === undefined)
    throw new TweedieError(
      'input',
      `${source}: a folder of damaged images needs --mask, the folder of their masks`,
    )
  const layout = ownLayout(options)
  if (layout.view !== undefined && layout.view !== 'image')
    throw new TweedieError('input', `--view ${layout.view}: a folder holds images`)
  return firstOf(observationsFromImages(source, mask, noise, layout.valid), count)
}

/**
 * Noise, units and networks go by the range: values outside it are a slip.
 *
 * @throws TweedieError `input` with the range to give
 */
const checkUnits = (
  source: string,
  { x, range, seen }: { readonly x: NdArray; readonly range: DataRange; readonly seen?: NdArray },
  said: boolean,
  io: Io,
): void => {
  const finding = unitsOf(x, range, seen)
  if (!finding || finding.verdict === 'fits') return
  const { values, suggested, verdict } = finding
  const [least, most] = values.map((v) => Number(v.toPrecision(3)))
  const facts =
    `${source}: values lie between ${least} and ${most}, the range of the data is ${range.join(' to ')}` +
    `${said ? '' : ' where none is said'}`
  const option = `--range=${suggested.join(',')}`
  if (verdict === 'outside') throw new TweedieError('input', `${facts}; say what clean data have: ${option}`)
  io.note(`${facts}: they fill a small part of it, so that all look alike to a network; ${option} fits them`)
}

const simulated = async (
  source: string,
  settings: readonly string[],
  options: Options,
  io: Io,
): Promise<ObservationSet> => {
  if (options.mask !== undefined)
    throw new TweedieError('input', '--mask goes with --observed; --keep deletes pixels of clean data')
  const { count, skip, split, noise = 0.05, photons, seed = 1, truth, domain } = options
  const said = rangeOf(options)
  const clean = await loadClean(source, { split, count, skip, range: said })
  checkUnits(source, clean, said !== undefined, io)
  const operator = operatorOf(options, settings)
  const set = await observe(clean.x, {
    operator,
    noise,
    photons,
    range: clean.range,
    view: clean.view,
    valid: domain === undefined ? clean.valid : readDomain(domain),
    seed,
  })
  if (truth !== undefined) writeArrays(truth, { x: clean.x })
  return set
}

/** An operator with its settings in words. */
const described = ({ name, settings, of, truth }: ObservedOperator): string => {
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
  if (options.truth !== undefined) checkedOutput(options.truth, arrayExtensions())
  const set = options.observed ? own(source, options, io) : await simulated(source, settings, options, io)
  writeObservations(options.output, set)
  const { y, operator, noise, std, range } = set
  const kept = keptEntries(set)
  const observed = kept && average(kept.data)
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
