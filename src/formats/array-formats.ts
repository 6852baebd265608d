/** The list of formats of named arrays. A new one is one file and its line here. */
import type { ArrayFormat } from './array-format.ts'
import { npyFormat } from './npy.ts'
import { npzFormat } from './npz.ts'
import { safetensorsFormat } from './safetensors.ts'

/** The formats by file extension. */
export const arrayFormats: Readonly<Record<string, ArrayFormat>> = {
  '.npy': npyFormat,
  '.npz': npzFormat,
  '.safetensors': safetensorsFormat,
}
