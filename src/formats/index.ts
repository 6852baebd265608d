export type { ArrayFormat, Arrays } from './array-format.ts'
export { arrayFormats } from './array-formats.ts'
export { type ArrayWriter, arrayWriter } from './array-writer.ts'
export {
  type ArrayFile,
  checkSafetensors,
  openArrays,
  readArrays,
  readSafetensors,
  writeArrays,
} from './arrays.ts'
export { writeAtomic } from './bytes/atomic.ts'
export { bytesAt } from './bytes/byte-source.ts'
export { joined, wrong } from './bytes/bytes.ts'
export { type OpenFile, unreadable } from './bytes/descriptor.ts'
export { fileDigest } from './bytes/file-digest.ts'
export { checkRegular, openFile, readBytes, readText } from './bytes/files.ts'
export { isThere } from './bytes/there.ts'
export { withChannel } from './channels.ts'
export { asFloat32, checkFinite, checkFloats, type Float32s, indexFrom, indexOf, numbers } from './fields.ts'
export { arrayExtensions, namesArrays, readExtensions } from './format-of.ts'
export { type Hdf5Planes, openHdf5Planes, readHdf5Planes } from './hdf5.ts'
export { decodeIdx, type OpenIdx, openIdx } from './idx.ts'
export { repeatedKey } from './json.ts'
export * from './kspace/index.ts'
export { lastRows } from './last-rows.ts'
export { decodeNpy, encodeNpy, type FileNumbers } from './npy.ts'
export { decodeNpz, encodeNpz, type NpzOptions } from './npz.ts'
export { heldNumbers, type NumberRows, type OpenNumbers, openOneArray, readOneArray } from './one-array.ts'
export { type ImageFolder, type OpenImages, openImages, readImages } from './pictures/images.ts'
export { decodeJpeg } from './pictures/jpeg.ts'
export { decodePng, encodePng } from './pictures/png.ts'
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.ts'
export type { ArrayField } from './stored-array.ts'
export * from './volumes/index.ts'
export { isAddress, isZarr } from './zarr/place.ts'
export { gunzipped } from './zip/gzip.ts'
