/** The list of formats of named arrays that are only read. A new one is one file and its line here. */
import type { ReadOnlyFormat } from './array-format.ts'
import { isZarr } from './zarr/place.ts'
import { openZarr } from './zarr/zarr.ts'

/** By the extension of their files or folders. */
export const readOnlyFormats: Readonly<Record<string, ReadOnlyFormat>> = {
  '.zarr': { matches: isZarr, open: openZarr },
}
