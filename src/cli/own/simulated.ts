/** Observations of clean data, made at once or, of data that would fill the memory, part by part. */
import { type CleanSource, cleanSource, wholeClean } from '../../datasets/index.ts'
import { arrayWriter, writeArrays } from '../../formats/index.ts'
import {
  type Observations,
  type ObserveOptions,
  observationWriter,
  observe,
  openObservations,
  writeObservations,
} from '../../observations/index.ts'
import { checkAborted, type LongCall } from '../../progress.ts'
import { NdArray, sizeOf } from '../../tensor/index.ts'

/** Clean data up to so many bytes are observed at once, and their units looked at; 10,700 digits of 28×28. */
const WHOLE = 2 ** 25

/** Where observations go, and the clean data that they are of. */
export interface SimulatedFiles {
  readonly output: string
  readonly truth?: string
}

/** How much is in memory at once, and who hears of it. */
export interface SimulatedParts extends LongCall {
  /** Clean data of so many bytes are observed at once, default 32 MiB. */
  readonly whole?: number
  /** Larger ones in parts of so many, default 4 MiB. */
  readonly part?: number
}

const itemBytes = ({ shape }: Pick<CleanSource, 'shape'>): number => 4 * sizeOf(shape.slice(1))

/** Whether data are of more than so many bytes, so that their observations go into a file part by part. */
export const isLarge = (clean: Pick<CleanSource, 'shape'>, bytes = WHOLE): boolean =>
  clean.shape[0] * itemBytes(clean) > bytes

/** The same data, in memory when they are of so many bytes at most. */
export const heldItems = (clean: CleanSource, bytes = WHOLE): CleanSource =>
  isLarge(clean, bytes) ? clean : cleanSource(wholeClean(clean))

/** All items, or as many as so many bytes hold, evenly spaced; default 8 MiB, 2,600 digits. */
export const someItems = (clean: CleanSource, bytes = 2 ** 23): NdArray<'float32'> => {
  const [count, ...event] = clean.shape
  const most = Math.max(1, Math.floor(bytes / itemBytes(clean)))
  if (count <= most) return clean.rows(0, count)
  const data = new Float32Array(most * sizeOf(event))
  for (let i = 0; i < most; i++) {
    const at = Math.floor((i * count) / most)
    data.set(clean.rows(at, at + 1).data, i * sizeOf(event))
  }
  return new NdArray('float32', [most, ...event], data)
}

/** Observes part after part, which are written as they come. */
const inParts = async (
  clean: CleanSource,
  options: ObserveOptions,
  { output, truth }: SimulatedFiles,
  { part = 2 ** 22, onProgress, signal }: SimulatedParts,
): Promise<void> => {
  const [count] = clean.shape
  const size = Math.max(2, Math.floor(part / itemBytes(clean)))
  const y = observationWriter(output, count)
  const x =
    truth === undefined ? undefined : arrayWriter(truth, { x: { dtype: 'float32', shape: clean.shape } })
  try {
    for (let first = 0; first < count; first += size) {
      checkAborted(signal, 'observing')
      onProgress?.({ phase: 'observing', done: first, total: count })
      const items = clean.rows(first, Math.min(count, first + size))
      y.append(await observe(items, { ...options, first }))
      x?.append('x', items)
    }
    y.close()
    x?.close()
  } finally {
    y.discard()
    x?.discard()
  }
}

/**
 * Observes clean data into a file. The values do not depend on whether it is done in parts; a `.npz` that is
 * written in parts is stored, not deflated.
 */
export const simulateInto = async (
  clean: CleanSource,
  options: ObserveOptions,
  files: SimulatedFiles,
  parts: SimulatedParts = {},
): Promise<Observations> => {
  const [count] = clean.shape
  if (isLarge(clean, parts.whole)) {
    await inParts(clean, options, files, parts)
    return openObservations(files.output)
  }
  const x = clean.rows(0, count)
  const set = await observe(x, options)
  writeObservations(files.output, set)
  if (files.truth !== undefined) writeArrays(files.truth, { x })
  return set
}
