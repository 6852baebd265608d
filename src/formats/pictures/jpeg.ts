import { decode } from 'jpeg-js'
import { TweedieError } from '../../error.ts'
import { NdArray } from '../../tensor/ndarray.ts'
import { viewOf, wrong } from '../bytes/bytes.ts'

/**
 * JPEG images as arrays [C, H, W] in [0, 1], C = 1 (grey) or 3 (RGB); no colour profile and no
 * orientation tag is applied.
 *
 * The markers are walked here first: a file that claims more pixels than its bytes can hold, or whose end is
 * missing, never reaches the decoder. ITU-T T.81, annex B.
 */

/** Frames that the decoder knows: baseline, extended and progressive, Huffman-coded. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2])
const START = 0xd8
const END = 0xd9
const SCAN = 0xda

/** A block of 64 pixels takes at least one bit. */
const PIXELS_PER_BYTE = 512

interface Frame {
  readonly height: number
  readonly width: number
  readonly components: number
}

const frameOf = (bytes: Uint8Array, view: DataView, at: number, name: string): Frame => {
  if (view.getUint16(at) < 8) throw wrong(name, `JPEG frame header of ${view.getUint16(at)} bytes`)
  const [depth, height, width, components] = [
    bytes[at + 2],
    view.getUint16(at + 3),
    view.getUint16(at + 5),
    bytes[at + 7],
  ]
  if (depth !== 8) throw wrong(name, `JPEG must have 8 bits a sample, got ${depth}`)
  if (height === 0 || width === 0) throw wrong(name, `image of ${width} × ${height} pixels`)
  if (components !== 1 && components !== 3)
    throw wrong(name, `JPEG must be grey or colour (1 or 3 components), got ${components}`)
  if (height * width > bytes.length * PIXELS_PER_BYTE)
    throw wrong(name, `header claims ${width} × ${height} pixels, which ${bytes.length} bytes cannot hold`)
  return { height, width, components }
}

/** Whether the image has an end marker; cameras may leave other data behind it. */
const hasEnd = (bytes: Uint8Array): boolean => {
  let at = bytes.lastIndexOf(END)
  while (at > 0 && bytes[at - 1] !== 0xff) at = bytes.lastIndexOf(END, at - 1)
  return at > 0
}

/**
 * The one frame of the image, once all segments up to the first scan, and the end of the image, have been
 * seen.
 */
const readFrame = (bytes: Uint8Array, name: string): Frame => {
  if (bytes[0] !== 0xff || bytes[1] !== START) throw wrong(name, 'not a JPEG file')
  const view = viewOf(bytes)
  let frame: Frame | undefined
  for (let at = 2; ; ) {
    if (at + 4 > bytes.length) throw wrong(name, `truncated: no image data up to byte ${at}`)
    const [lead, marker] = [bytes[at], bytes[at + 1]]
    if (lead !== 0xff) throw wrong(name, `damaged JPEG: no marker at byte ${at}`)
    if (marker === 0xff) {
      at += 1 // a fill byte
      continue
    }
    const end = at + 2 + view.getUint16(at + 2)
    if (end > bytes.length)
      throw wrong(name, `truncated: a JPEG segment at byte ${at} passes the end of the file`)
    if (marker === SCAN) break
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      if (!FRAMES.has(marker)) throw wrong(name, `JPEG coding 0x${marker.toString(16)} is not supported`)
      if (frame) throw wrong(name, 'JPEG has two frames')
      frame = frameOf(bytes, view, at + 2, name)
    }
    at = end
  }
  if (!frame) throw wrong(name, 'JPEG has image data before its frame header')
  if (!hasEnd(bytes)) throw wrong(name, 'truncated: the JPEG has no end marker')
  return frame
}

/**
 * Reads a JPEG image, baseline or progressive, grey or RGB.
 *
 * @param name file, for messages.
 * @returns values in [0, 1], shape [1, H, W] or [3, H, W].
 * @throws TweedieError `input` when the bytes are no such image; sizes are checked
 *   before anything is allocated.
 * @example
 * ```ts
 * const photo = decodeJpeg(readBytes('photo.jpg'), 'photo.jpg') // [3, H, W]
 * ```
 */
export const decodeJpeg = (bytes: Uint8Array, name: string): NdArray<'float32'> => {
  const { height, width, components } = readFrame(bytes, name)
  let pixels: Uint8Array
  try {
    const image = decode(bytes, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false })
    if (image.height !== height || image.width !== width)
      throw wrong(
        name,
        `damaged JPEG: ${image.width} × ${image.height} pixels instead of ${width} × ${height}`,
      )
    pixels = image.data
  } catch (error) {
    if (error instanceof TweedieError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new TweedieError('input', `${name}: damaged JPEG (${reason})`, { cause: error })
  }
  const size = height * width
  const values = new Float32Array(components * size)
  for (let c = 0; c < components; c++)
    for (let i = 0; i < size; i++) values[c * size + i] = pixels[3 * i + c] / 255
  return new NdArray('float32', [components, height, width], values)
}
