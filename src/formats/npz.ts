import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/ndarray.ts'
import { type ArrayFormat, type ArrayLayout, checkNoText, type StoredArrays } from './array-format.ts'
import { type ByteSource, inMemory } from './bytes/byte-source.ts'
import { claimedBytes, elementOf } from './elements.ts'
import { encodeNpy, npyHead, storedNpy } from './npy.ts'
import type { ArrayField, StoredArray } from './stored-array.ts'
import { crc32 } from './zip/deflate.ts'
import type { CheckedFile } from './zip/inflated.ts'
import { type ZipMember, zipMembers } from './zip/zip.ts'
import { storedZip, zip } from './zip/zip-writing.ts'

const SUFFIX = '.npy'

/** Options of {@link encodeNpz}. */
export interface NpzOptions {
  /**
   * Deflate level: 0 stores (fast, as `np.savez`), 6 is the default (as
   * `np.savez_compressed`), 9 is the smallest.
   */
  readonly level?: 0 | 1 | 6 | 9
}

/**
 * Reads the bytes of NumPy's `.npz`: a zip of `.npy` files, stored or deflated.
 *
 * @param name file, for messages.
 * @throws TweedieError `input` when the archive or an array in it is damaged (see {@link decodeNpy}).
 * @example
 * ```ts
 * const { y, mask } = decodeNpz(readBytes('observations.npz'), 'observations.npz')
 * ```
 */
export const decodeNpz = (bytes: Uint8Array, name: string): Record<string, NdArray> =>
  Object.fromEntries(
    Object.entries(npzEntries(inMemory(bytes), name)).map(([key, entry]) => [
      key,
      storedNpy(entry, `${name}: field '${key}'`).whole(),
    ]),
  )

const membersOf = (source: ByteSource, name: string): (readonly [string, ZipMember])[] =>
  zipMembers(source, name).map((member) => {
    if (!member.name.endsWith(SUFFIX) || member.name === SUFFIX) {
      throw new TweedieError('input', `${name}: entry '${member.name}' is not a named ${SUFFIX} array`)
    }
    return [member.name.slice(0, -SUFFIX.length), member]
  })

/** The `.npy` files of a `.npz`, by name. @throws TweedieError `input` when the archive is damaged */
const npzEntries = (source: ByteSource, name: string): Record<string, ByteSource> =>
  Object.fromEntries(membersOf(source, name).map(([key, { open }]) => [key, open().checked()]))

/**
 * The `.npy` files of a `.npz` where they lie, by name; each is to be closed.
 *
 * @throws TweedieError `input` when the archive is damaged
 */
export const openNpzEntries = (source: ByteSource, name: string): Record<string, CheckedFile> =>
  Object.fromEntries(membersOf(source, name).map(([key, { open }]) => [key, open()]))

/**
 * An array of an archive: its rows come from the file, or from where it was inflated to; the checksum of a
 * stored one is looked at when all of it is read.
 */
const openMember = ({ open }: ZipMember, where: string): OpenMember => {
  const file = open()
  try {
    const whole = () => storedNpy(file.checked(), where).whole()
    return { array: { ...storedNpy(file, where), whole }, close: file.close }
  } catch (error) {
    file.close()
    throw error
  }
}

/** An array, and what closes the file that it was inflated to. */
interface OpenMember {
  readonly array: StoredArray
  readonly close: () => void
}

/** The arrays of an archive where they lie. */
const openNpz = (source: ByteSource, path: string): StoredArrays => {
  const members = membersOf(source, path)
  const opened: (readonly [string, OpenMember])[] = []
  const close = () => {
    for (const [, member] of opened) member.close()
  }
  try {
    for (const [key, member] of members) opened.push([key, openMember(member, `${path}: field '${key}'`)])
  } catch (error) {
    close()
    throw error
  }
  return {
    arrays: Object.fromEntries(opened.map(([key, { array }]) => [key, array])),
    metadata: {},
    close,
  }
}

/**
 * The bytes of a `.npz` file; equal content gives equal bytes.
 *
 * @throws TweedieError `input` when a key cannot be a file name (empty, `..`, a backslash).
 * @example
 * ```ts
 * writeAtomic('x.npz', encodeNpz({ x: ndarray([1, 2, 3]) }))
 * ```
 */
export const encodeNpz = (
  arrays: Readonly<Record<string, NdArray>>,
  { level = 6 }: NpzOptions = {},
): Uint8Array =>
  zip(
    Object.entries(arrays).map(([key, array]) => ({ name: `${key}${SUFFIX}`, bytes: encodeNpy(array) })),
    level,
  )

/** Where arrays lie in an archive that stores them. */
const npzLayout = (fields: Readonly<Record<string, ArrayField>>): ArrayLayout => {
  const names = Object.keys(fields)
  const heads = Object.fromEntries(names.map((name) => [name, npyHead(fields[name])]))
  const sums = new Map(names.map((name) => [name, crc32(heads[name])]))
  const { starts, frame } = storedZip(
    names.map((name) => {
      const { dtype, shape } = fields[name]
      return {
        name: `${name}${SUFFIX}`,
        size: heads[name].length + claimedBytes(elementOf[dtype], shape, name),
      }
    }),
  )
  return {
    sum: (name, bytes) => void sums.set(name, crc32(bytes, sums.get(name))),
    starts: Object.fromEntries(names.map((name, i) => [name, starts[i] + heads[name].length])),
    frame: () => [
      ...frame(names.map((name) => sums.get(name) ?? 0)),
      ...names.map((name, i) => ({ at: starts[i], bytes: heads[name] })),
    ],
  }
}

export const npzFormat: ArrayFormat = {
  several: true,
  deflates: true,
  decode: decodeNpz,
  encode: (arrays) => encodeNpz(arrays),
  open: openNpz,
  layout: (fields, path, metadata) => {
    checkNoText(metadata, path)
    return npzLayout(fields)
  },
}
