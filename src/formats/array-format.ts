/** What a file format of named arrays is; the formats are listed in array-formats.ts. */
import type { NdArray } from '../tensor/ndarray.ts'
import type { ByteSource } from './bytes/byte-source.ts'
import { wrong } from './bytes/bytes.ts'
import type { ArrayField, StoredArray } from './stored-array.ts'

/** Named arrays, as a file holds them. */
export type Arrays = Record<string, NdArray>

/** The arrays of a file where they lie. */
export interface StoredArrays {
  readonly arrays: Readonly<Record<string, StoredArray>>
  /** Free text by key, of formats that hold it. */
  readonly metadata: Readonly<Record<string, string>>
  /** Closes what is open beside the file itself. */
  readonly close?: () => void
}

/** The arrays of an open file or folder. */
export interface OpenArrays extends StoredArrays {
  readonly close: () => void
}

/** A format of named arrays that is only read, of folders and addresses too. */
export interface ReadOnlyFormat {
  /** Whether a path names arrays in this format. */
  readonly matches: (path: string) => boolean
  /** @throws TweedieError `input` for damage, and paths that are not there; `io` when the system refuses */
  readonly open: (path: string) => OpenArrays
}

/** Where arrays of known shapes lie in a file, so that their rows can be written as they come. */
export interface ArrayLayout {
  /** The first byte of each array, by name. */
  readonly starts: Readonly<Record<string, number>>
  /** Takes the next bytes of the elements of an array, where the format has checksums. */
  readonly sum?: (name: string, bytes: Uint8Array) => void
  /** What stands around the arrays, once they are written. */
  readonly frame: () => readonly { readonly at: number; readonly bytes: Uint8Array }[]
}

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
  /**
   * Its arrays where they lie; a format without it is read whole.
   *
   * @throws TweedieError `input` for damage of what says where they are
   */
  readonly open?: (source: ByteSource, path: string) => StoredArrays
  /** Whether `encode` deflates, and a file that is written by rows has other bytes. */
  readonly deflates?: boolean
  /**
   * Where arrays will lie, the same bytes as of `encode` (of a `.npz`: stored, not deflated).
   *
   * @throws TweedieError `input` when the format cannot hold them
   */
  readonly layout?: (
    fields: Readonly<Record<string, ArrayField>>,
    path: string,
    metadata: Readonly<Record<string, string>>,
  ) => ArrayLayout
}

/** @throws TweedieError `input` for text, of formats that hold none */
export const checkNoText = (metadata: Readonly<Record<string, string>>, path: string): void => {
  if (Object.keys(metadata).length > 0)
    throw wrong(path, 'a file of this kind holds no text beside its arrays; use .safetensors')
}
