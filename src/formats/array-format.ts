/** What a file format of named arrays is; the formats are listed in array-formats.ts. */
import type { NdArray } from '../tensor/ndarray.ts'

/** Named arrays, as a file holds them. */
export type Arrays = Record<string, NdArray>

/** A file format of named arrays, as pure functions of bytes. */
export interface ArrayFormat {
  /** Whether a file holds several arrays, by name, and so a whole observation set; otherwise one. */
  readonly several: boolean
  /** Arrays of the bytes of a file; `path` is for messages. @throws TweedieError `input` for damage */
  readonly decode: (bytes: Uint8Array, path: string) => Arrays
  /**
   * Bytes of a file; `path` is for messages.
   *
   * @throws TweedieError `input` when the format cannot hold them
   */
  readonly encode: (arrays: Readonly<Arrays>, path: string) => Uint8Array
  /** Arrays of a file, where they can be read without all of its bytes in memory; else by `decode`. */
  readonly read?: (path: string) => Arrays
  /** Writes a file atomically without all of its bytes in memory, where that can be; else by `encode`. */
  readonly write?: (path: string, arrays: Readonly<Arrays>) => void
}
