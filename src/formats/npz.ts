import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/ndarray.ts'
import type { ArrayFormat } from './array-format.ts'
import { decodeNpy, encodeNpy } from './npy.ts'
import { unzip, zip } from './zip.ts'

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
    Object.entries(npzEntries(bytes, name)).map(([key, entry]) => [
      key,
      decodeNpy(entry, `${name}: field '${key}'`),
    ]),
  )

/** The `.npy` files of a `.npz`, by name. @throws TweedieError `input` when the archive is damaged */
export const npzEntries = (bytes: Uint8Array, name: string): Record<string, Uint8Array> =>
  Object.fromEntries(
    unzip(bytes, name).map((entry) => {
      if (!entry.name.endsWith(SUFFIX) || entry.name === SUFFIX) {
        throw new TweedieError('input', `${name}: entry '${entry.name}' is not a named ${SUFFIX} array`)
      }
      return [entry.name.slice(0, -SUFFIX.length), entry.bytes]
    }),
  )

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

export const npzFormat: ArrayFormat = {
  several: true,
  decode: decodeNpz,
  encode: (arrays) => encodeNpz(arrays),
}
