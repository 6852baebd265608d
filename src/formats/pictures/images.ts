import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { NdArray, type Shape } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'
import { unreadable } from '../bytes/descriptor.ts'
import { readBytes } from '../bytes/files.ts'
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

/** The images of a folder, of which those are read that are asked for. */
export interface OpenImages {
  /** [N, C, H, W]. */
  readonly shape: Shape
  /** File name of each image, without the folder. */
  readonly names: string[]
  /**
   * Images `from … to − 1`, in [0, 1].
   *
   * @throws TweedieError `input` when one is damaged, or has another size or other channels than the first
   */
  readonly rows: (from: number, to: number) => NdArray<'float32'>
}

/**
 * Opens a folder of PNG and JPEG images, sorted by name (by code unit, so `10.png` comes before `9.png`);
 * other files are left out, but pictures of another format are an error. The first one is read.
 *
 * @throws TweedieError `input` when the folder has no image, or the first one is damaged
 *
 * @example
 * ```ts
 * const { shape, rows } = openImages('photos/')
 * const first = rows(0, 16) // [16, C, H, W] in [0, 1]
 * ```
 */
export const openImages = (folder: string): OpenImages => {
  const names = listImages(folder)
  const read = (name: string) =>
    decoders[extensionOf(name)](readBytes(join(folder, name)), join(folder, name))
  const { shape, size } = read(names[0])
  const rows = (from: number, to: number): NdArray<'float32'> => {
    const data = new Float32Array((to - from) * size)
    for (const [i, name] of names.slice(from, to).entries()) {
      const image = read(name)
      if (String(image.shape) !== String(shape))
        throw wrong(
          join(folder, name),
          `image of shape [${image.shape}], but ${names[0]} has [${shape}]; all must agree`,
        )
      data.set(image.data, i * size)
    }
    return new NdArray('float32', [to - from, ...shape], data)
  }
  return { shape: [names.length, ...shape], names, rows }
}

/**
 * Reads every image of a folder, see {@link openImages}.
 *
 * @throws TweedieError `input` when the folder has no image, one is damaged, or their
 *   sizes or channels differ.
 * @example
 * ```ts
 * const { images, names } = readImages('damaged/') // images: [N, C, H, W] in [0, 1]
 * ```
 */
export const readImages = (folder: string): ImageFolder => {
  const { names, rows } = openImages(folder)
  return { images: rows(0, names.length), names }
}
