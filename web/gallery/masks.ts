/** Masks to begin with: what is deleted of an image, by name. A new one is a line of the list. */
import { integers, stream, uniform } from 'tweedie/random'
import { type Place, stroke } from './pad/brush.ts'

/** Height and width in pixels. */
export interface Size {
  readonly height: number
  readonly width: number
}

/** A kind of mask. */
export interface MaskKind {
  readonly name: string
  readonly title: string
  /** [height·width], 1 = seen; a function of the seed. */
  readonly draw: (size: Size, seed: number) => Float32Array
}

const seen = ({ height, width }: Size): Float32Array => new Float32Array(height * width).fill(1)

/** Random numbers in [0, 1). */
const random = (kind: string, seed: number, count: number): Float32Array =>
  uniform(stream(seed, `studio mask ${kind}`), [count]).data

const pixels =
  (kept: number): MaskKind['draw'] =>
  ({ height, width }, seed) =>
    random('pixels', seed, height * width).map((u) => (u < kept ? 1 : 0))

/** A square of two fifths of the shorter side, anywhere inside. */
const box: MaskKind['draw'] = (size, seed) => {
  const { height, width } = size
  const side = Math.round(0.4 * Math.min(height, width))
  const corner = (axis: string, length: number): number =>
    integers(stream(seed, `studio mask box ${axis}`), 0, length - side + 1, [1]).data[0]
  const [top, left] = [corner('row', height), corner('column', width)]
  const mask = seen(size)
  for (let row = top; row < top + side; row++) mask.fill(0, row * width + left, row * width + left + side)
  return mask
}

/** Three strokes across the middle. */
const strokes: MaskKind['draw'] = (size, seed) => {
  const { height, width } = size
  const u = random('strokes', seed, 12)
  const place = (i: number): Place => ({
    row: (0.15 + 0.7 * u[i]) * height,
    column: (0.15 + 0.7 * u[i + 1]) * width,
  })
  let mask = seen(size)
  for (let s = 0; s < 3; s++)
    mask = stroke(mask, size, { from: place(4 * s), to: place(4 * s + 2), radius: 0.05 * width, seen: false })
  return mask
}

/** Whole rows, half of them. */
const lines: MaskKind['draw'] = ({ height, width }, seed) => {
  const u = random('lines', seed, height)
  return Float32Array.from({ length: height * width }, (_, i) => (u[Math.floor(i / width)] < 0.5 ? 1 : 0))
}

export const maskKinds: readonly MaskKind[] = [
  { name: 'pixels', title: 'Half the pixels', draw: pixels(0.5) },
  { name: 'few', title: 'A quarter', draw: pixels(0.25) },
  { name: 'box', title: 'Box', draw: box },
  { name: 'strokes', title: 'Strokes', draw: strokes },
  { name: 'lines', title: 'Lines', draw: lines },
  { name: 'nothing', title: 'Everything seen', draw: seen },
]
