/** The lists of formats of named arrays. A new one is one file and its line here. */
import type { ArrayFormat, ReadOnlyFormat } from './array-format.ts'
import { npyFormat } from './npy.ts'
import { npzFormat } from './npz.ts'
import { safetensorsFormat } from './safetensors.ts'
import { isZarr } from './zarr/place.ts'
import { openZarr } from './zarr/zarr.ts'

/** The formats by file extension. */
export const arrayFormats: Readonly<Record<string, ArrayFormat>> = {
  '.npy': npyFormat,
  '.npz': npzFormat,
  '.safetensors': safetensorsFormat,
}

/** Those that are only read, by the extension of their files or folders. */
export const readOnlyFormats: Readonly<Record<string, ReadOnlyFormat>> = {
  '.zarr': { matches: isZarr, open: openZarr },
}
