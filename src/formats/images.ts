import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { NdArray } from '../tensor/ndarray.ts'
import { wrong } from './bytes.ts'
import { readBytes, unreadable } from './files.ts'
import { decodeJpeg } from './jpeg.ts'
import { decodePng } from './png.ts'

/** Pictures in formats that are not read: naming them beats leaving them out in silence. */
const otherPictures = new Set(['.gif', '.tif', '.tiff', '.bmp', '.webp', '.avif', '.heic'])

/** The decoder of each extension. */
const decoders: Readonly<Record<string, typeof decodePng>> = {
  '.png': decodePng,
  '.jpg': decodeJpeg,
  '.jpeg': decodeJpeg,
}

const extensionOf = (name: string): string => extname(name).toLowerCase()

/** The images of a folder and their file names, in the same order. */
export interface ImageFolder {
  /** [N, C, H, W] in [0, 1]. */
  readonly images: NdArray<'float32'>
  /** File name of each image, without the folder. */
  readonly names: string[]
}

const listImages = (folder: string): string[] => {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    throw unreadable(folder, error)
  }
  const other = names.find((name) => otherPictures.has(extensionOf(name)))
  if (other !== undefined) throw wrong(join(folder, other), 'images must be PNG or JPEG; convert it first')
  const images = names.filter((name) => Object.hasOwn(decoders, extensionOf(name)) && !name.startsWith('.'))
  if (images.length === 0) throw wrong(folder, 'no .png or .jpg file in this folder')
  return images.sort()
}

/**
 * Reads every PNG and JPEG of a folder, sorted by name (by code unit, so `10.png` comes before `9.png`);
 * other files are left out, but pictures of another format are an error.
 *
 * @throws TweedieError `input` when the folder has no image, one is damaged, or their
 *   sizes or channels differ.
 * @example
 * ```ts
 * const { images, names } = readImages('damaged/') // images: [N, C, H, W] in [0, 1]
 * ```
 */
export const readImages = (folder: string): ImageFolder => {
  const names = listImages(folder)
  const read = (name: string) =>
    decoders[extensionOf(name)](readBytes(join(folder, name)), join(folder, name))
  const first = read(names[0])
  const data = new Float32Array(names.length * first.size)
  names.forEach((name, i) => {
    const image = i === 0 ? first : read(name)
    if (String(image.shape) !== String(first.shape)) {
      const other = `${names[0]} has [${first.shape}]`
      throw wrong(join(folder, name), `image of shape [${image.shape}], but ${other}; all must agree`)
    }
    data.set(image.data, i * first.size)
  })
  return { images: new NdArray('float32', [names.length, ...first.shape], data), names }
}
