/** `tweedie observe --observed`: measured data of a user's own, with the operator that made them. */
import { statSync } from 'node:fs'
import { TweedieError } from '../../error.ts'
import {
  type FileNumbers,
  isKspace,
  isThere,
  isVolumes,
  joinedStacks,
  type KSpace,
  namesArrays,
  readImages,
  readKspace,
  readOneArray,
  readStacks,
} from '../../formats/index.ts'
import { nearestName } from '../../nearest.ts'
import {
  checkValid,
  firstStep,
  keptEntries,
  type ObservationSet,
  type OwnMeasurements,
  observationRows,
  observationsFromArrays,
  observationsFromImages,
  ownObservations,
  unitsOf,
} from '../../observations/index.ts'
import { croppedReadout, familyOf, type OperatorSpec, parameterOf } from '../../operators/index.ts'
import { type NdArray, toNumbers } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { operatorSettingOf } from '../config/operator-schema.ts'
import type { Io } from '../io.ts'
import { checkUnits, rangeOf } from './data-range.ts'
import { eventOf } from './event-option.ts'
import { withNoise } from './noise-check.ts'
import { checkOperatorName, pairsOf, settingValue } from './operator-arguments.ts'
import { ownLayout } from './own-layout.ts'

type Options = OptionsOf<'observe'>

/** Options that are about simulating, and what to do instead. */
const SIMULATING = {
  keep: 'what was seen is in --mask',
  dimension: 'give the matrix: --operator projection matrix=A.npy',
  blind: 'it hides parameters of simulations',
  photons: 'give the noise of each entry: --noise std.npy',
  split: 'it is of named data sets',
  truth: 'there are no clean data to write',
} as const satisfies Partial<Record<keyof Options, string>>

/** @throws TweedieError `input` for an option that does not apply */
const checkOptions = (options: Options): void => {
  for (const [name, instead] of Object.entries(SIMULATING))
    if (options[name as keyof typeof SIMULATING] !== undefined)
      throw new TweedieError('input', `--${name}: not with --observed, ${instead}`)
}

/** Keys that an operator takes: of parameters as files, and settings. */
const keysOf = ({ name }: OperatorSpec): string[] => {
  const { parameters, settings } = familyOf(name)
  return [
    ...Object.entries(parameters).map(([own, { key }]) => key ?? own),
    ...Object.keys(settings),
    ...(familyOf(name).parts ? ['of'] : []),
  ]
}

/** The parameter that a key names, of the operator or of a part of it. */
const parameterNamed = (spec: OperatorSpec, key: string): string | undefined => {
  if (parameterOf(spec, key)) return key
  const own = Object.entries(familyOf(spec.name).parameters).find(([, parameter]) => parameter.key === key)
  return own?.[0]
}

/** The numbers of a file as a setting of text. */
const listedIn = (path: string): string => toNumbers(realArray(path)).join(',')

const realArray = (path: string): FileNumbers['array'] => {
  const { array, complex } = readOneArray(path)
  if (complex) throw new TweedieError('input', `${path}: holds complex numbers, real ones are needed here`)
  return array
}

type Given = Pick<OwnMeasurements, 'operator' | 'parameters'>

/** What one argument says. @throws TweedieError `input` when the operator has nothing of that name */
const saidBy = (spec: OperatorSpec, key: string, text: string) => {
  const { name } = spec
  const { settings, listed } = familyOf(name)
  const parameter = parameterNamed(spec, key)
  const file = namesArrays(text)
  if (parameter !== undefined && (file || text === 'estimate'))
    return { parameter, value: file ? readOneArray(text) : ('estimate' as const) }
  if (file && Object.hasOwn(listed, key)) return { setting: listed[key], value: listedIn(text) }
  const isSetting = Object.hasOwn(settings, key)
  if (isSetting && !file) return { setting: key, value: settingValue(key, text) }
  if (parameter !== undefined)
    throw new TweedieError(
      'input',
      `'${key}=${text}': '${key}' is an array, give its file, ${key}=${key}.npy`,
    )
  if (isSetting)
    throw new TweedieError(
      'input',
      `'${key}=${text}': '${key}' is a setting of operator '${name}', not a file`,
    )
  const keys = keysOf(spec)
  const hint = keys.length > 0 ? `; did you mean '${nearestName(key, keys)}'?` : ', it has none'
  throw new TweedieError('input', `operator '${name}': unknown setting or parameter '${key}'${hint}`)
}

/** The operator with what arguments and --mask say of it. */
const operatorFrom = ({ operator, mask }: Options, args: readonly string[]): Given => {
  const name = operator ?? (mask === undefined ? 'identity' : 'mask')
  checkOperatorName(name)
  const pairs = pairsOf([...args, ...(mask === undefined ? [] : [`mask=${mask}`])])
  const parts = pairs.find(([key]) => key === 'of')
  const { of } = operatorSettingOf({ kind: name, ...(parts ? { of: settingValue('of', parts[1]) } : {}) })
  const spec: OperatorSpec = { name, settings: {}, ...(of ? { of: of.map(specOf) } : {}) }
  const settings: Record<string, unknown> = {}
  const parameters: Record<string, FileNumbers | 'estimate'> = {}
  for (const [key, text] of pairs) {
    if (key === 'of') continue
    const said = saidBy(spec, key, text)
    const [given, as] = said.parameter === undefined ? [settings, said.setting] : [parameters, said.parameter]
    if (Object.hasOwn(given, as)) throw new TweedieError('input', `'${as}' is given twice, also as '${key}'`)
    if (said.parameter === undefined) settings[said.setting] = said.value
    else parameters[said.parameter] = said.value
  }
  const both = Object.entries(familyOf(name).listed).find((keys) => keys.every((key) => key in settings))
  if (both) throw new TweedieError('input', `operator '${name}': give '${both[0]}' or '${both[1]}', not both`)
  const own = operatorSettingOf({ kind: name, ...settings })
  return { operator: { ...spec, settings: own.settings ?? {} }, parameters }
}

/** A part as plain data. @throws TweedieError `input` when it is to be blind */
const specOf = ({ name, settings = {}, of, blind }: ReturnType<typeof operatorSettingOf>): OperatorSpec => {
  if (blind) throw new TweedieError('input', `operator '${name}': 'blind' is not with --observed`)
  return { name, settings, ...(of ? { of: of.map(specOf) } : {}) }
}

/** @throws TweedieError `input` for what may be k-space, when no operator is named */
const checkChannels = (
  source: string,
  { array: { shape }, complex }: FileNumbers,
  options: Options,
): void => {
  if (options.operator !== undefined) return
  const pairs = shape.length === 4 && (shape[1] === 2 || shape[3] === 2)
  if (!complex && !pairs) return
  const mask = options.mask ?? 'mask.npy'
  const what = complex ? 'complex values' : 'two channels, which may be real and imaginary parts'
  const kspace =
    `k-space is --operator fourier mask=${mask}, ` +
    `of several coils --operator coils mask=${mask} maps=estimate`
  const image = complex ? '' : `; an image of two channels --operator ${options.mask ? 'mask' : 'identity'}`
  throw new TweedieError('input', `${source}: ${what}: say how they were measured; ${kspace}${image}`)
}

/** --noise as a number or a file, or --noise-covariance. */
const noiseOf = ({ noise, noiseCovariance }: Options): OwnMeasurements['noise'] => {
  if (noiseCovariance !== undefined) {
    if (noise !== undefined) throw new TweedieError('input', 'give --noise or --noise-covariance, not both')
    return { covariance: readOneArray(noiseCovariance) }
  }
  if (noise === undefined)
    throw new TweedieError('input', '--observed needs --noise, the standard deviation of your noise')
  if (noise === UNKNOWN) return PLACEHOLDER
  return namesArrays(noise) ? readOneArray(noise) : noiseLevelOf(noise)
}

/** `--noise unknown`: a level stands in for it until the set is there to estimate it from. */
const UNKNOWN = 'unknown'
const PLACEHOLDER = 1

/** A standard deviation in words. @throws TweedieError `input` for what is no positive number */
export const noiseLevelOf = (text: string): number => {
  const level = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(level) && level > 0) return level
  throw new TweedieError('input', `--noise: expected a number above 0 or a file of numbers, got '${text}'`)
}

/** A folder of pictures with a folder of masks. */
const fromImages = (folder: string, masks: string, args: readonly string[], options: Options) => {
  const noise = noiseOf(options)
  if (typeof noise !== 'number' || args.length > 0 || options.event !== undefined)
    throw new TweedieError(
      'input',
      `${folder}: a folder of images with one of masks takes --noise alone, a number`,
    )
  const { view } = options
  if (view !== undefined && view !== 'image')
    throw new TweedieError('input', `--view ${view}: a folder holds images`)
  return observationsFromImages(folder, masks, noise, ownLayout(options).valid)
}

const isFolder = (path: string): boolean =>
  !namesArrays(path) && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)

/** Whether a path holds k-space or volumes of a scanner: Zarr holds arrays, on a server too. */
const isScan = (path: string): boolean => !namesArrays(path) && isKspace(path)
const isStack = (path: string): boolean => !namesArrays(path) && isVolumes(path)

/** Series, grids on the globe and points: arrays whose layout is said, seen through a mask. */
const fromLayout = (source: string, args: readonly string[], options: Options): ObservationSet => {
  const { view, operator, mask, event } = options
  const noise = noiseOf(options)
  if (typeof noise !== 'number' || ![undefined, 'mask', 'identity'].includes(operator) || event !== undefined)
    throw new TweedieError(
      'input',
      `--view ${view}: takes --mask and a number as --noise; write other sets as a file`,
    )
  if (args.length > 0)
    throw new TweedieError('input', `'${args[0]}': a setting of an operator, of which there is none`)
  return observationsFromArrays(source, mask, noise, rangeOf(options), ownLayout(options))
}

/** Whether the layout of arrays is said, or y may be anything outside a domain. */
const saysLayout = ({ view, domain, operator }: Options): boolean =>
  (view !== undefined && view !== 'image') ||
  (domain !== undefined && [undefined, 'mask', 'identity'].includes(operator))

const real = (array: NdArray<'float32'>): FileNumbers => ({ array, complex: false })

/** The noise of a scanner's files where none is said: that of their noise scans. */
const scanNoise = (source: string, { kspace, noiseCovariance }: KSpace, options: Options) => {
  if (options.noise !== undefined || options.noiseCovariance !== undefined) return noiseOf(options)
  if (!noiseCovariance)
    throw new TweedieError('input', `${source}: has no noise scan; say --noise, or --noise unknown`)
  // E|n|² is of both parts.
  return kspace.shape[1] === 2
    ? Math.sqrt(noiseCovariance.data[0] / 2)
    : { covariance: { array: noiseCovariance, complex: true } }
}

/** Whether the readout is longer than the image, and of some of its lines a part is missing. */
const isCut = ({ kspace, mask, rows }: KSpace): boolean => rows !== kspace.shape[2] && mask.shape[2] !== 1

/** K-space without the oversampling of its readout, where that can be taken away. */
const withoutOversampling = async (scan: KSpace): Promise<KSpace> => {
  const { kspace, rows } = scan
  if (rows === kspace.shape[2] || isCut(scan)) return scan
  return { ...scan, kspace: await croppedReadout(kspace, rows) }
}

/** K-space of a scanner's files: fourier of one coil, coils of several. */
const fromScans = async (
  source: string,
  args: readonly string[],
  options: Options,
  io: Io,
): Promise<ObservationSet> => {
  const whole = await readKspace(source, options.count)
  const scan = await withoutOversampling(whole)
  const operator = options.operator ?? (scan.kspace.shape[1] === 2 ? 'fourier' : 'coils')
  const said = operatorFrom({ ...options, operator }, args)
  const measured: OwnMeasurements['parameters'] =
    operator === 'coils' ? { mask: real(scan.mask), sensitivity: 'estimate' } : { mask: real(scan.mask) }
  const own: OwnMeasurements = {
    operator: said.operator,
    parameters: { ...measured, ...said.parameters },
    y: real(scan.kspace),
    noise: scanNoise(source, scan, options),
    event: eventOf(options),
    range: rangeOf(options),
  }
  const set = await ownObservations(own, source)
  if (isCut(whole))
    io.note(
      `${source}: of some readouts a part is missing, so their oversampling stays: images have ` +
        `${whole.kspace.shape[2]} rows, of which the middle ${whole.rows} are the scanner's`,
    )
  return set
}

/** What y is: slices of volumes, images of a folder, an array. */
const numbersOf = async (source: string): Promise<FileNumbers> => {
  if (isStack(source)) return real(joinedStacks(await readStacks(source), source))
  return isFolder(source) ? real(readImages(source).images) : readOneArray(source)
}

/** The observations, images of a folder or an array, with the operator that is said. */
const fromArrays = async (
  source: string,
  args: readonly string[],
  options: Options,
  io: Io,
): Promise<ObservationSet> => {
  if (isScan(source)) return fromScans(source, args, options, io)
  const arrays = !isFolder(source) && !isStack(source)
  const { valid } = ownLayout(options)
  if (arrays && saysLayout(options)) return fromLayout(source, args, options)
  const y = await numbersOf(source)
  const noise = noiseOf(options)
  if (arrays) checkChannels(source, y, options)
  const own = { ...operatorFrom(options, args), y, noise, event: eventOf(options), range: rangeOf(options) }
  const set = await ownObservations(own, source)
  if (!valid) return set
  checkValid(valid, set.operator.event, source)
  return { ...set, valid }
}

/** Whether y is in the units of x: the operator has its shape, and no numbers of its own but a mask. */
const keepsUnits = ({ y, operator: { event, parameters, of } }: ObservationSet): boolean =>
  String(y.shape.slice(1)) === String(event) &&
  of === undefined &&
  Object.keys(parameters).every((name) => name === 'mask')

/**
 * The units of y where it has those of x, else those of the first picture that it gives of x: zero-filled
 * k-space, a blur seen once more. Of that only the size counts: without its middle, k-space has no mean.
 */
const checkOwnUnits = async (source: string, set: ObservationSet, said: boolean, io: Io): Promise<void> => {
  const { y, operator, range } = set
  if (keepsUnits(set)) return checkUnits(source, { x: y, range, seen: keptEntries(set) }, said, io)
  const isPicture = operator.event.length > 1 && y.shape.length === operator.event.length + 1
  const x = isPicture ? await firstStep(set) : undefined
  const most = Math.max(...range.map(Math.abs))
  if (x && unitsOf(x, [-most, most])?.verdict !== 'fits')
    checkUnits(`${source}, back-projected`, { x, range }, said, io)
}

/**
 * The observation set that the command line describes.
 *
 * @throws TweedieError `input` for options that do not apply, and as `ownObservations`
 */
export const ownSet = async (
  source: string,
  args: readonly string[],
  options: Options,
  io: Io,
): Promise<ObservationSet> => {
  if (!isThere(source)) throw new TweedieError('input', `${source}: no such file or folder`)
  checkOptions(options)
  const { mask, operator, range, count, skip } = options
  const images = isFolder(source) && !isScan(source) && !isStack(source)
  if (images && range !== undefined)
    throw new TweedieError('input', '--range: pixels of PNG images are in [0, 1]')
  if (images && mask === undefined && operator === undefined)
    throw new TweedieError(
      'input',
      `${source}: a folder of damaged images needs --mask, the folder of their masks, or --operator`,
    )
  const masked = images && mask !== undefined && isFolder(mask) && [undefined, 'mask'].includes(operator)
  const set = masked ? fromImages(source, mask, args, options) : await fromArrays(source, args, options, io)
  if (!images) await checkOwnUnits(source, set, range !== undefined, io)
  return withNoise(chosen(set, skip, count), options.noise, io)
}

/** The observations that are asked for. */
const chosen = (set: ObservationSet, skip: number, count: number | undefined): ObservationSet => {
  const there = set.y.shape[0]
  const stop = count === undefined ? there : skip + count
  if (stop > there || skip >= there)
    throw new TweedieError('input', `there are ${there} observations, ${skip} to ${stop} were asked for`)
  return skip === 0 && stop === there ? set : observationRows(set, skip, stop)
}
