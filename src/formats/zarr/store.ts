/** What a store of a Zarr hierarchy is: values by their keys (`y/c/0/1`). */
import { wrong } from '../bytes/bytes.ts'

/** A part of a value. */
export type Part = { readonly offset: number; readonly length: number } | { readonly suffixLength: number }

/** Values by key; a key without a value gives undefined. */
export interface ZarrStore {
  /**
   * A value, of so many bytes at most.
   *
   * @param what - metadata, whose absence a server may also call forbidden, or a chunk
   * @throws TweedieError `input` for a longer value; `io` when the system or the server refuses
   */
  readonly value: (key: string, most: number, what: 'metadata' | 'chunk') => Promise<Uint8Array | undefined>
  /** A part of a value. @throws TweedieError `input` for bytes that are not there; as `value` */
  readonly part: (key: string, part: Part) => Promise<Uint8Array | undefined>
  /** The names one level below a key; undefined where they cannot be listed. */
  readonly below: (key: string) => Promise<readonly string[] | undefined>
  readonly close: () => void
}

/** @throws TweedieError `input` for a value that is longer than it may be */
export const checkLength = (length: number, most: number, where: string): void => {
  if (length > most) throw wrong(where, `has ${length} bytes, more than the ${most} that it may have`)
}
