export {
  type ArrayFormat,
  type Arrays,
  arrayFormats,
  readArrays,
  readSafetensors,
  writeArrays,
} from './arrays.ts'
export { writeAtomic } from './atomic.ts'
export { joined, wrong } from './bytes.ts'
export { withChannel } from './channels.ts'
export { asFloat32, checkFinite, type Float32s, indexOf, numbers } from './fields.ts'
export { readBytes, readText, unreadable } from './files.ts'
export { gunzipped } from './gzip.ts'
export { readHdf5Planes } from './hdf5.ts'
export { decodeIdx } from './idx.ts'
export { type ImageFolder, readImages } from './images.ts'
export { decodeJpeg } from './jpeg.ts'
export { repeatedKey } from './json.ts'
export { decodeNifti, type NiftiVolume } from './nifti.ts'
export { decodeNpy, encodeNpy } from './npy.ts'
export { decodeNpz, encodeNpz, type NpzOptions } from './npz.ts'
export { decodePng, encodePng } from './png.ts'
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.ts'
