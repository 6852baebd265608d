export {
  type ArrayFormat,
  type Arrays,
  arrayFormats,
  readArrays,
  readSafetensors,
  writeArrays,
  writeSafetensors,
} from './arrays.ts'
export { writeAtomic } from './atomic.ts'
export { readBytes } from './files.ts'
export { type ImageFolder, readImages } from './images.ts'
export { decodeNpy, encodeNpy } from './npy.ts'
export { decodeNpz, encodeNpz, type NpzOptions } from './npz.ts'
export { decodePng, encodePng } from './png.ts'
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.ts'
