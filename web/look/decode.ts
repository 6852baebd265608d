/** Files of arrays, decoded in the page: the one place that knows where the library's decoders are. */
import { decodeNpy, decodeNpz, decodeSafetensors } from 'tweedie/formats'
import { NdArray } from 'tweedie/tensor'
import { TweedieError } from '../../src/error.ts'

export { NdArray }

const decoders: Readonly<
  Record<string, (bytes: Uint8Array, name: string) => Readonly<Record<string, NdArray>>>
> = {
  '.npy': (bytes, name) => ({ [name.replace(/\.npy$/i, '')]: decodeNpy(bytes, name) }),
  '.npz': decodeNpz,
  '.safetensors': (bytes, name) => decodeSafetensors(bytes, name).arrays,
}

/** Extensions that can be read. */
export const readable = Object.keys(decoders)

/** @throws TweedieError `input`, in the words of the command line, for what is damaged or foreign */
export const decodeArrays = (bytes: Uint8Array, name: string): Readonly<Record<string, NdArray>> => {
  const extension = /\.[^.]*$/.exec(name)?.[0].toLowerCase() ?? ''
  const decode = Object.hasOwn(decoders, extension) ? decoders[extension] : undefined
  if (!decode)
    throw new TweedieError(
      'input',
      `${name}: extension must be one of ${readable.join(', ')}, got '${extension}'`,
    )
  return decode(bytes, name)
}

/** A fault in what was given, in one line. */
export const faultIn = (name: string, words: string): TweedieError =>
  new TweedieError('input', `${name}: ${words}`)

/** One line for the person; what is not a TweedieError is a fault of ours, and says so. */
export const lineOf = (error: unknown): string =>
  error instanceof TweedieError
    ? error.message
    : `unexpected error: ${error instanceof Error ? error.message : error}`
