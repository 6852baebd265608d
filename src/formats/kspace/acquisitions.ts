/**
 * Readouts of an ISMRMRD file (ismrmrd.h): the dataset `data`, of compounds `head`, `traj` and `data`.
 */
import type { CompoundMember, Dataset, Group } from 'h5wasm/node'
import { viewOf, wrong } from '../bytes/bytes.ts'
import { datasetIn, H5T, type Hdf5, withEntries } from '../hdf5.ts'

/** One readout of all coils. */
export interface Acquisition {
  /** Bits of the flags; flag n of ismrmrd.h is bit n − 1. */
  readonly flags: number
  readonly samples: number
  readonly coils: number
  /** Samples to drop at either end. */
  readonly discardPre: number
  readonly discardPost: number
  /** The sample of frequency 0. */
  readonly centre: number
  readonly encodingSpace: number
  /** Microseconds from sample to sample. */
  readonly dwell: number
  /** Steps of the phase encoding, in the plane and across it. */
  readonly line: number
  readonly partition: number
  /** Which image the readout is of. */
  readonly image: string
  /** [coils, samples]: real and imaginary part in turn. */
  readonly data: Float32Array
}

/** The counters that tell images apart. */
const IMAGE = ['repetition', 'set', 'phase', 'contrast', 'average', 'slice'] as const

/** Readouts that are taken from the library at a time. */
const BATCH = 256

type Read = (view: DataView, at: number) => number

/** The member of a compound. @throws TweedieError `input` when it lacks one of that name */
const memberOf = (
  { compound_type: compound }: Pick<CompoundMember, 'compound_type'>,
  name: string,
  where: string,
): CompoundMember => {
  const member = compound?.members.find((one) => one.name === name)
  if (member === undefined) throw wrong(where, `lacks the field '${name}': not ISMRMRD's acquisitions`)
  return member
}

/** How a number of a header is read, wherever this version of the format has it. */
const reader = (head: CompoundMember, names: readonly string[], where: string): Read => {
  let [member, offset] = [head, head.offset]
  for (const name of names) {
    member = memberOf(member, name, where)
    offset += member.offset
  }
  const { type, size } = member
  if (type === H5T.float && size === 4) return (view, at) => view.getFloat32(at + offset, true)
  if (type === 0 && size === 2) return (view, at) => view.getUint16(at + offset, true)
  if (type === 0 && size === 8) return (view, at) => Number(view.getBigUint64(at + offset, true))
  throw wrong(where, `field '${names.join('.')}' has another type than in ismrmrd.h`)
}

/** Readers of the fields that are needed. */
const readersOf = (dataset: Dataset, where: string) => {
  const head = memberOf(dataset.metadata, 'head', where)
  const data = memberOf(dataset.metadata, 'data', where)
  const isFloats = data.vlen_type?.type === H5T.float && data.vlen_type.size === 4
  if (data.type !== H5T.vlen || !isFloats) throw wrong(where, "field 'data' must be lists of float32")
  const at = (...names: string[]) => reader(head, names, where)
  return {
    flags: at('flags'),
    samples: at('number_of_samples'),
    coils: at('active_channels'),
    discardPre: at('discard_pre'),
    discardPost: at('discard_post'),
    centre: at('center_sample'),
    encodingSpace: at('encoding_space_ref'),
    dwell: at('sample_time_us'),
    line: at('idx', 'kspace_encode_step_1'),
    partition: at('idx', 'kspace_encode_step_2'),
    image: IMAGE.map((name) => at('idx', name)),
    // hvl_t of H5Tpublic.h, in 32 bits each
    length: (view: DataView, row: number) => view.getUint32(row + data.offset, true),
    pointer: (view: DataView, row: number) => view.getUint32(row + data.offset + 4, true),
  }
}

/** The samples of a row, copied from the library's memory. */
const samplesAt = (heap: Uint8Array, from: number, count: number, where: string): Float32Array => {
  const bytes = heap.slice(from, from + 4 * count)
  if (bytes.length !== 4 * count) throw wrong(where, `claims ${count} samples that are not there`)
  return new Float32Array(bytes.buffer)
}

/**
 * All readouts of a group, in the order of the file.
 *
 * @throws TweedieError `input` when the dataset is not ISMRMRD's, or claims more samples than the file has
 */
export const readAcquisitions = (file: Hdf5, group: Group): Acquisition[] => {
  const { dataset, shape } = datasetIn(file, group, 'data')
  const where = `${file.path}: dataset 'data'`
  const read = readersOf(dataset, where)
  const { size } = dataset.metadata
  let held = 0
  const acquisition = (view: DataView, row: number, index: number): Acquisition => {
    const of = (field: Read): number => field(view, row)
    const [samples, coils, length] = [of(read.samples), of(read.coils), of(read.length)]
    held += 4 * length
    if (length !== 2 * samples * coils || held > file.size)
      throw wrong(where, `readout ${index} of ${coils} coils × ${samples} samples has ${length} numbers`)
    return {
      flags: of(read.flags),
      samples,
      coils,
      discardPre: of(read.discardPre),
      discardPost: of(read.discardPost),
      centre: of(read.centre),
      encodingSpace: of(read.encodingSpace),
      dwell: of(read.dwell),
      line: of(read.line),
      partition: of(read.partition),
      image: read.image.map(of).join(' '),
      data: samplesAt(file.module.HEAPU8, of(read.pointer), length, where),
    }
  }
  const acquisitions: Acquisition[] = []
  const [count] = shape
  for (let start = 0; start < count; start += BATCH) {
    const stop = Math.min(start + BATCH, count)
    withEntries(file, dataset, [start, stop], (bytes) => {
      const view = viewOf(bytes)
      for (let i = start; i < stop; i++) acquisitions.push(acquisition(view, (i - start) * size, i))
    })
  }
  return acquisitions
}
