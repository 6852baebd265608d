export type { ArrayFormat, Arrays } from './array-format.ts'
export { arrayFormats } from './array-formats.ts'
export { arrayExtensions, readArrays, writeArrays } from './arrays.ts'
export { writeAtomic } from './atomic.ts'
export { joined, wrong } from './bytes.ts'
export { withChannel } from './channels.ts'
export { fileDigest } from './digest.ts'
export { asFloat32, checkFinite, type Float32s, indexOf, numbers } from './fields.ts'
export { checkRegular, readBytes, readText, unreadable } from './files.ts'
export { gunzipped } from './gzip.ts'
export { readHdf5Planes } from './hdf5.ts'
export { decodeIdx } from './idx.ts'
export { type ImageFolder, readImages } from './images.ts'
export { decodeJpeg } from './jpeg.ts'
export { repeatedKey } from './json.ts'
export * from './kspace/index.ts'
export { decodeNpy, encodeNpy, type FileNumbers } from './npy.ts'
export { decodeNpz, encodeNpz, type NpzOptions } from './npz.ts'
export { readOneArray } from './one-array.ts'
export { decodePng, encodePng } from './png.ts'
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.ts'
export {
  checkSafetensors,
  type OpenSafetensors,
  openSafetensors,
  readSafetensors,
  writeSafetensors,
} from './safetensors-file.ts'
export * from './volumes/index.ts'
