/** Random flips and shifts of training images. */
import { integers, type Stream, uniform } from '../random/index.ts'
import { NdArray } from '../tensor/index.ts'

/** What may be done to an image without changing what it shows. */
export interface Augmentation {
  /** Mirror left and right with probability 1/2. */
  readonly flip?: boolean
  /** Move by up to this many pixels in each direction, reflecting at the border (pad and crop). */
  readonly shift?: number
}

/** Reflects an index into 0 … n − 1 without repeating the border. */
const reflect = (i: number, n: number): number => {
  const j = Math.abs(i)
  return j < n ? j : 2 * (n - 1) - j
}

/** Augments a batch [B, C, H, W] in place of a copy; other shapes are returned as they are. */
export const augmented = (
  x: NdArray<'float32'>,
  { flip = false, shift = 0 }: Augmentation,
  stream: Stream,
  at: { lap: number; step: number },
): NdArray<'float32'> => {
  if (x.shape.length !== 4 || (!flip && shift === 0)) return x
  const [b, c, h, w] = x.shape
  const mirrored = uniform(stream, [b], { ...at, draw: 0 }).data
  const moves = integers(stream, -shift, shift + 1, [b, 2], { ...at, draw: 1 }).data
  const out = new NdArray('float32', x.shape, new Float32Array(x.size))
  for (let i = 0; i < b; i++) {
    const [dy, dx] = [Number(moves[2 * i]), Number(moves[2 * i + 1])]
    for (let k = 0; k < c; k++) {
      const plane = (i * c + k) * h * w
      for (let row = 0; row < h; row++) {
        const from = plane + reflect(row + dy, h) * w
        for (let col = 0; col < w; col++) {
          const source = reflect(col + dx, w)
          out.data[plane + row * w + col] =
            x.data[from + (flip && mirrored[i] < 0.5 ? w - 1 - source : source)]
        }
      }
    }
  }
  return out
}
