import { type DecodedPng, decode, encode } from 'fast-png'
import { unzlibSync } from 'fflate'
import { TweedieError } from '../../error.ts'
import { NdArray } from '../../tensor/ndarray.ts'
import { joined, startsWith, viewOf, wrong } from '../bytes/bytes.ts'
import { BEST_RATIO } from '../zip/deflate.ts'

/**
 * PNG images as arrays [C, H, W] in [0, 1], C = 1 (grey) or 3 (RGB).
 *
 * The chunks are walked here first, and only those that make the pixels go on to the decoder, after the
 * compressed data has been inflated once into exactly the room that the header claims: a small file
 * cannot ask for much memory.
 *
 * https://www.w3.org/TR/png-3/
 */

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/** Chunks that make the pixels. */
const essential = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'])

const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

interface Chunk {
  readonly type: string
  readonly data: Uint8Array
  readonly whole: Uint8Array
}

const readChunks = (bytes: Uint8Array, name: string): Chunk[] => {
  if (!startsWith(bytes, SIGNATURE)) throw wrong(name, 'not a PNG file')
  const view = viewOf(bytes)
  const chunks: Chunk[] = []
  for (let at = SIGNATURE.length; chunks.at(-1)?.type !== 'IEND'; ) {
    const end = at + 8 <= bytes.length ? at + 12 + view.getUint32(at) : Number.POSITIVE_INFINITY
    if (end > bytes.length)
      throw wrong(name, `truncated: a PNG chunk at byte ${at} passes the end of the file`)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (essential.has(type))
      chunks.push({ type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) })
    at = end
  }
  return chunks
}

/** Bytes that the header claims after inflation: each line has a filter byte. */
const claimedBytes = (header: Uint8Array, name: string): number => {
  const view = viewOf(header)
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [depth, colour, interlace] = [header[8], header[9], header[12]]
  if (width === 0 || height === 0) throw wrong(name, `image of ${width} × ${height} pixels`)
  if (interlace !== 0) throw wrong(name, 'interlaced PNG is not supported; save it without interlacing')
  if (![1, 2, 4, 8, 16].includes(depth))
    throw wrong(name, `PNG bit depth must be 1, 2, 4, 8 or 16, got ${depth}`)
  if (channelsOf[colour] === undefined)
    throw wrong(name, `PNG colour type must be 0, 2, 3, 4 or 6, got ${colour}`)
  return height * (1 + Math.ceil((width * channelsOf[colour] * depth) / 8))
}

const checkSize = (chunks: readonly Chunk[], name: string): void => {
  const [header] = chunks
  if (header.type !== 'IHDR' || header.data.length !== 13)
    throw wrong(name, 'PNG must begin with a header of 13 bytes')
  if (chunks.filter(({ type }) => type === 'IHDR').length > 1) throw wrong(name, 'PNG has two headers')
  const claimed = claimedBytes(header.data, name)
  const packed = joined(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data))
  if (claimed > packed.length * BEST_RATIO) {
    throw wrong(name, `header claims ${claimed} bytes of pixels, which ${packed.length} bytes cannot hold`)
  }
  const pixels = unzlibSync(packed, { out: new Uint8Array(claimed + 1) })
  if (pixels.length !== claimed)
    throw wrong(name, `header claims ${claimed} bytes of pixels, the data has another number`)
}

/** Samples of 1, 2 or 4 bits, packed from the high bits on, each line from a whole byte. */
const unpacked = ({ width, height, depth, data }: DecodedPng): Uint8Array => {
  const line = Math.ceil((width * depth) / 8)
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const bit = (i % width) * depth
    return (data[Math.floor(i / width) * line + (bit >> 3)] >> (8 - depth - (bit & 7))) & (2 ** depth - 1)
  })
}

/** Interleaved samples, number of channels and largest value, with a palette resolved. */
const samplesOf = (image: DecodedPng): { samples: ArrayLike<number>; channels: number; most: number } => {
  const samples = image.depth < 8 ? unpacked(image) : image.data
  const { palette } = image
  if (!palette) return { samples, channels: image.channels, most: 2 ** image.depth - 1 }
  const colours = Array.from(samples, (index) => {
    if (index < palette.length) return palette[index]
    throw new RangeError(`colour ${index} of a palette of ${palette.length}`)
  })
  return { samples: colours.flat(), channels: palette[0].length, most: 255 }
}

const toArray = (image: DecodedPng, name: string): NdArray<'float32'> => {
  const { samples, channels, most } = samplesOf(image)
  const colours = channels < 3 ? 1 : 3
  const size = image.width * image.height
  const values = new Float32Array(colours * size)
  for (let i = 0; i < size; i++) {
    if (colours < channels && samples[i * channels + colours] !== most) {
      throw wrong(name, `pixel ${i} is transparent; save the image without an alpha channel`)
    }
    for (let c = 0; c < colours; c++) values[c * size + i] = samples[i * channels + c] / most
  }
  return new NdArray('float32', [colours, image.height, image.width], values)
}

/**
 * Reads a PNG image: grey, RGB or palette, 1 to 16 bits; an alpha channel must be opaque. No gamma or
 * colour profile is applied.
 *
 * @param name file, for messages.
 * @returns values in [0, 1], shape [1, H, W] or [3, H, W].
 * @throws TweedieError `input` when the bytes are no such image; sizes are checked
 *   before anything is allocated.
 * @example
 * ```ts
 * const digit = decodePng(readBytes('digit.png'), 'digit.png') // [1, 28, 28]
 * ```
 */
export const decodePng = (bytes: Uint8Array, name: string): NdArray<'float32'> => {
  const chunks = readChunks(bytes, name)
  try {
    checkSize(chunks, name)
    const image = decode(joined([SIGNATURE, ...chunks.map(({ whole }) => whole)]), { checkCrc: true })
    if (image.transparency?.length)
      throw wrong(name, 'a colour is transparent; save the image without transparency')
    return toArray(image, name)
  } catch (error) {
    if (error instanceof TweedieError) throw error
    throw new TweedieError(
      'input',
      `${name}: damaged PNG (${error instanceof Error ? error.message : error})`,
      {
        cause: error,
      },
    )
  }
}

/**
 * The bytes of an 8-bit PNG: values are clipped to [0, 1] and rounded to k / 255.
 *
 * @param image [H, W], or [C, H, W] with C = 1 (grey), 3 (RGB) or 4 (RGB and opacity), values in [0, 1].
 * @throws TweedieError `shape` for another shape, `numeric` for NaN.
 * @example
 * ```ts
 * writeAtomic('mean.png', encodePng(itemAt(images, 0)))
 * ```
 */
export const encodePng = (image: NdArray<'float32' | 'float64'>): Uint8Array => {
  const [channels, height, width] = image.shape.length === 2 ? [1, ...image.shape] : image.shape
  if (![2, 3].includes(image.shape.length) || ![1, 3, 4].includes(channels) || image.size === 0) {
    throw new TweedieError('shape', `PNG: expected [H, W] or [1, 3 or 4, H, W], got [${image.shape}]`)
  }
  const size = height * width
  const data = new Uint8Array(channels * size)
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < size; i++) {
      const value = image.data[c * size + i]
      if (Number.isNaN(value)) throw new TweedieError('numeric', `PNG: NaN in channel ${c} at pixel ${i}`)
      data[i * channels + c] = Math.round(255 * Math.min(1, Math.max(0, value)))
    }
  }
  return encode({ width, height, channels, depth: 8, data })
}
