/** `tweedie observe --observed`: measured data of a user's own, with the operator that made them. */
import { statSync } from 'node:fs'
import { TweedieError } from '../../error.ts'
import {
  heldNumbers,
  isKspace,
  isThere,
  isVolumes,
  joinedStacks,
  type NumberRows,
  namesArrays,
  openImages,
  readStacks,
} from '../../formats/index.ts'
import {
  checkValid,
  countOf,
  type ObservationSource,
  type OwnSource,
  openOwnArrays,
  openOwnImages,
  openOwnObservations,
} from '../../observations/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { rangeOf } from './data-range.ts'
import { eventOf } from './event-option.ts'
import { noiseOf } from './noise-option.ts'
import type { OwnFiles } from './own-files.ts'
import { ownLayout } from './own-layout.ts'
import { operatorFrom } from './own-operator.ts'
import { openScans } from './own-scans.ts'

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

/** @throws TweedieError `input` for what may be k-space, when no operator is named */
const checkChannels = (source: string, { shape, complex }: NumberRows, options: Options): void => {
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

/** What opening own observations goes by. */
interface Request {
  readonly source: string
  /** key=value. */
  readonly args: readonly string[]
  readonly options: Options
  readonly files: OwnFiles
}

const ownSource = (source: ObservationSource): OwnSource => ({ count: countOf(source), rows: source.rows })

/** A folder of pictures with a folder of masks. */
const fromImages = ({ source, args, options, files }: Request, masks: string): OwnSource => {
  const noise = noiseOf(options, files)
  if (typeof noise !== 'number' || args.length > 0 || options.event !== undefined)
    throw new TweedieError(
      'input',
      `${source}: a folder of images with one of masks takes --noise alone, a number`,
    )
  const { view } = options
  if (view !== undefined && view !== 'image')
    throw new TweedieError('input', `--view ${view}: a folder holds images`)
  return ownSource(openOwnImages(source, masks, noise, ownLayout(options, files.open).valid))
}

const isFolder = (path: string): boolean =>
  !namesArrays(path) && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)

/** Whether a path holds k-space or volumes of a scanner: Zarr holds arrays, on a server too. */
const isScan = (path: string): boolean => !namesArrays(path) && isKspace(path)
const isStack = (path: string): boolean => !namesArrays(path) && isVolumes(path)

/** Series, grids on the globe and points: arrays whose layout is said, seen through a mask. */
const fromLayout = ({ source, args, options, files }: Request): OwnSource => {
  const { view, operator, mask, event } = options
  const noise = noiseOf(options, files)
  if (typeof noise !== 'number' || ![undefined, 'mask', 'identity'].includes(operator) || event !== undefined)
    throw new TweedieError(
      'input',
      `--view ${view}: takes --mask and a number as --noise; write other sets as a file`,
    )
  if (args.length > 0)
    throw new TweedieError('input', `'${args[0]}': a setting of an operator, of which there is none`)
  const layout = ownLayout(options, files.open)
  const opened = openOwnArrays(source, mask, noise, rangeOf(options), layout)
  files.closeLater(opened.close)
  return ownSource(opened)
}

/** Whether the layout of arrays is said, or y may be anything outside a domain. */
const saysLayout = ({ view, domain, operator }: Options): boolean =>
  (view !== undefined && view !== 'image') ||
  (domain !== undefined && [undefined, 'mask', 'identity'].includes(operator))

/** Images of a folder as numbers. */
const imageRows = (folder: string): NumberRows => {
  const { shape, rows } = openImages(folder)
  return { dtype: 'float32', shape, complex: false, rows, whole: () => rows(0, shape[0]) }
}

/** What y is: slices of volumes, which are read whole, images of a folder, an array. */
const numbersOf = async (source: string, { open }: OwnFiles): Promise<NumberRows> => {
  if (isStack(source))
    return heldNumbers({ array: joinedStacks(await readStacks(source), source), complex: false })
  return isFolder(source) ? imageRows(source) : open(source)
}

/** The observations, images of a folder or an array, with the operator that is said. */
const fromArrays = async (request: Request, io: Io): Promise<Told> => {
  const { source, args, options, files } = request
  if (isScan(source)) return openScans(source, args, options, files, io)
  const arrays = !isFolder(source) && !isStack(source)
  const { valid } = ownLayout(options, files.open)
  if (arrays && saysLayout(options)) return fromLayout(request)
  const y = await numbersOf(source, files)
  const noise = noiseOf(options, files)
  if (arrays) checkChannels(source, y, options)
  const operator = operatorFrom(options, args, files.open)
  const own = { ...operator, y, noise, event: eventOf(options), range: rangeOf(options) }
  const { count, rows } = openOwnObservations(own, source)
  if (!valid) return { count, rows }
  const within = async (from: number, to: number) => {
    const set = await rows(from, to)
    checkValid(valid, set.operator.event, source)
    return { ...set, valid }
  }
  return { count, rows: within }
}

/** What is known of own observations beside their rows. */
interface Told extends OwnSource {
  /** For people, once the first rows are sound. */
  readonly remark?: string
}

/** Own observations, and whether they have units of their own. */
export interface OpenOwn extends Told {
  /** Whether they are images, in [0, 1]. */
  readonly images: boolean
}

/**
 * The observations that the command line describes, of which rows are read when they are asked for.
 *
 * @throws TweedieError `input` for options that do not apply, and as `ownObservations`
 */
export const openOwn = async (
  source: string,
  args: readonly string[],
  options: Options,
  files: OwnFiles,
  io: Io,
): Promise<OpenOwn> => {
  if (!isThere(source)) throw new TweedieError('input', `${source}: no such file or folder`)
  checkOptions(options)
  const { mask, operator, range } = options
  const images = isFolder(source) && !isScan(source) && !isStack(source)
  if (images && range !== undefined)
    throw new TweedieError('input', '--range: pixels of PNG images are in [0, 1]')
  if (images && mask === undefined && operator === undefined)
    throw new TweedieError(
      'input',
      `${source}: a folder of damaged images needs --mask, the folder of their masks, or --operator`,
    )
  const request: Request = { source, args, options, files }
  const masked = images && mask !== undefined && isFolder(mask) && [undefined, 'mask'].includes(operator)
  const own: Told = masked ? fromImages(request, mask) : await fromArrays(request, io)
  return { ...own, images }
}
