/** Own observations from a scanner's files of k-space. */
import { TweedieError } from '../../error.ts'
import { type KSpace, type NumberRows, openKspace } from '../../formats/index.ts'
import { type OwnMeasurements, type OwnSource, openOwnObservations } from '../../observations/index.ts'
import { croppedReadout } from '../../operators/index.ts'
import { float32 } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { rangeOf } from './data-range.ts'
import { eventOf } from './event-option.ts'
import { noiseOf } from './noise-option.ts'
import type { OwnFiles } from './own-files.ts'
import { operatorFrom } from './own-operator.ts'

type Options = OptionsOf<'observe'>

type Scans = KSpace<NumberRows>

/** The noise of a scanner's files where none is said: that of their noise scans. */
const scanNoise = (
  source: string,
  { kspace, noiseCovariance }: Scans,
  options: Options,
  files: OwnFiles,
): OwnMeasurements<NumberRows>['noise'] => {
  if (options.noise !== undefined || options.noiseCovariance !== undefined) return noiseOf(options, files)
  if (!noiseCovariance)
    throw new TweedieError('input', `${source}: has no noise scan; say --noise, or --noise unknown`)
  // E|n|² is of both parts.
  return kspace.shape[1] === 2
    ? Math.sqrt(noiseCovariance.data[0] / 2)
    : { covariance: { array: noiseCovariance, complex: true } }
}

/** Whether the readout is longer than the image, and of some of its lines a part is missing. */
const isCut = ({ kspace, mask, rows }: Scans): boolean => rows !== kspace.shape[2] && mask.shape[2] !== 1

/** K-space without the oversampling of its readout, where that can be taken away. */
const withoutOversampling = (scans: Scans): NumberRows => {
  const { kspace, rows: height } = scans
  const [count, channels, full, width] = kspace.shape
  if (height === full || isCut(scans)) return kspace
  const rows = async (from: number, to: number) =>
    croppedReadout(float32(await kspace.rows(from, to)), height)
  return { ...kspace, shape: [count, channels, height, width], rows, whole: () => rows(0, count) }
}

/** How many images are read: those that are asked for. */
const wanted = ({ skip, count }: Options) => (count === undefined ? {} : { most: skip + count })

/**
 * K-space of a scanner's files: fourier of one coil, coils of several.
 *
 * @throws TweedieError `input` as `openKspace` and `openOwnObservations`
 */
export const openScans = async (
  source: string,
  args: readonly string[],
  options: Options,
  files: OwnFiles,
  { signal, progress: onProgress }: Pick<Io, 'signal' | 'progress'>,
): Promise<OwnSource & { readonly remark?: string }> => {
  const scans = await openKspace(source, { ...wanted(options), signal, onProgress })
  const { kspace, mask } = scans
  const operator = options.operator ?? (kspace.shape[1] === 2 ? 'fourier' : 'coils')
  const said = operatorFrom({ ...options, operator }, args, files.open)
  const measured: OwnMeasurements<NumberRows>['parameters'] =
    operator === 'coils' ? { mask, sensitivity: 'estimate' } : { mask }
  const own: OwnMeasurements<NumberRows> = {
    operator: said.operator,
    parameters: { ...measured, ...said.parameters },
    y: withoutOversampling(scans),
    noise: scanNoise(source, scans, options, files),
    event: eventOf(options),
    range: rangeOf(options),
  }
  const opened = openOwnObservations(own, source)
  if (!isCut(scans)) return opened
  const remark =
    `${source}: of some readouts a part is missing, so their oversampling stays: images have ` +
    `${kspace.shape[2]} rows, of which the middle ${scans.rows} are the scanner's`
  return { ...opened, remark }
}
