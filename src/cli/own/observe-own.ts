/** Own observations, checked, and written part by part where they would fill the memory. */
import { setImmediate } from 'node:timers/promises'
import { TweedieError } from '../../error.ts'
import {
  type ObservationSet,
  type Observations,
  observationWriter,
  openObservations,
  rowBytes,
  writeObservations,
} from '../../observations/index.ts'
import { checkAborted } from '../../progress.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { checkedNoise } from './noise-check.ts'
import { UNKNOWN } from './noise-option.ts'
import { ownFiles } from './own-files.ts'
import { checkOwnUnits, ownNoise } from './own-look.ts'
import { openOwn } from './own-observations.ts'
import { type OwnRows, ownPart, withFrame } from './own-rows.ts'

type Options = OptionsOf<'observe'>

/** How much is in memory at once. */
export interface OwnParts {
  /** Observations of so many bytes are made at once, default 32 MiB. */
  readonly whole?: number
  /** More in parts of so many, default 4 MiB. */
  readonly part?: number
}

/** The observations that are asked for. @throws TweedieError `input` when they are not there */
const chosen = (own: OwnRows, { skip, count }: Pick<Options, 'skip' | 'count'>): OwnRows => {
  const there = own.count
  const stop = count === undefined ? there : skip + count
  if (stop > there || skip >= there)
    throw new TweedieError('input', `there are ${there} observations, ${skip} to ${stop} were asked for`)
  return ownPart(own, skip, stop)
}

/** The same observations with another level of noise. */
const withLevel = (own: OwnRows, noise: number): OwnRows => ({
  ...own,
  frame: { ...own.frame, noise },
  rows: async (from, to): Promise<ObservationSet> => ({ ...(await own.rows(from, to)), noise }),
})

/** With the level of their noise, where it was to be estimated; a level of one's own is doubted. */
const withNoise = async (own: OwnRows, { noise }: Pick<Options, 'noise'>, io: Io): Promise<OwnRows> => {
  const { std, noise: stated } = own.frame
  if (std) return own
  const estimate = await ownNoise(own, io.signal)
  const known = { ...(noise === UNKNOWN ? {} : { stated }), ...(estimate ? { estimate } : {}) }
  return withLevel(own, checkedNoise(known, io))
}

/** Makes part after part, which are written as they come. */
const inParts = async (own: OwnRows, output: string, part: number, io: Io): Promise<void> => {
  const { count, frame, rows } = own
  const each = Math.max(2, Math.floor(part / rowBytes(frame)))
  const writer = observationWriter(output, count)
  try {
    for (let first = 0; first < count; first += each) {
      await setImmediate() // signals come between two parts
      checkAborted(io.signal, 'packing observations')
      io.progress({ phase: 'packing observations', done: first, total: count })
      writer.append(await rows(first, Math.min(count, first + each)))
    }
    writer.close()
  } finally {
    writer.discard()
  }
}

/**
 * Makes own observations into a file. The values do not depend on whether it is done in parts; a `.npz` that
 * is written in parts is stored, not deflated.
 */
const written = async (
  own: OwnRows,
  output: string,
  { whole = 2 ** 25, part = 2 ** 22 }: OwnParts,
  io: Io,
): Promise<Observations> => {
  const { count, frame, rows } = own
  if (count * rowBytes(frame) > whole) {
    await inParts(own, output, part, io)
    return openObservations(output)
  }
  const set = await rows(0, count)
  writeObservations(output, set)
  return set
}

/**
 * The observation set that a command line describes, in its file.
 *
 * @throws TweedieError `input` for options that do not apply, and observations that are unsound;
 * `interrupted`; then nothing is written
 */
export const observeOwn = async (
  source: string,
  args: readonly string[],
  options: Options,
  io: Io,
  parts: OwnParts = {},
): Promise<Observations> => {
  const files = ownFiles()
  try {
    const opened = await openOwn(source, args, options, files, io)
    const all = await withFrame(opened)
    if (opened.remark !== undefined) io.note(opened.remark)
    if (!opened.images) await checkOwnUnits(source, all, options.range !== undefined, io)
    const own = await withNoise(chosen(all, options), options, io)
    return await written(own, options.output, parts, io)
  } finally {
    files.close()
  }
}
