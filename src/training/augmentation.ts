/** Random flips, shifts and changes of colour of training images. */
import { TweedieError } from '../error.ts'
import type { Domain } from '../operators/index.ts'
import { integers, type Stream, uniform } from '../random/index.ts'
import { NdArray } from '../tensor/index.ts'
import type { StepAddress } from './objective.ts'

/** Changes of an image that leave its content as it is. */
export interface Augmentation {
  /** Mirror left and right with probability 1/2. */
  readonly flip?: boolean
  /** Move by up to this many pixels in each direction, reflecting at the border (pad and crop). */
  readonly shift?: number
  /** Turn the hue by up to this part of the colour circle, either way, 0 … 0.5; three channels. */
  readonly hue?: number
  /** Multiply the saturation by a factor from 1 − this to 1 + this, 0 … 1; three channels. */
  readonly saturation?: number
}

/** Reflects an index into 0 … n − 1 without repeating the border. */
const reflect = (i: number, n: number): number => {
  const j = Math.abs(i)
  return j < n ? j : 2 * (n - 1) - j
}

/**
 * A colour with its hue turned by `turn` circles and its saturation multiplied by `gain`; the value max(r, g,
 * b) stays.
 *
 *     rgb = v − c k(h),   v = max,   c = max − min,
 *     k_n = clip(min(t_n, 4 − t_n), 0, 1),   t_n = (n + 6 h) mod 6,
 *
 * n = 5, 3, 1 for red, green, blue: the hexcone (A. R. Smith, "Color gamut transform pairs", 1978).
 * Saturation scales c; it stops at the full saturation c = v, unless the colour is already beyond it.
 */
export const recoloured = (
  [r, g, b]: readonly [number, number, number],
  turn: number,
  gain: number,
): [number, number, number] => {
  const v = Math.max(r, g, b)
  const c = v - Math.min(r, g, b)
  if (c === 0) return [r, g, b]
  const h = v === r ? (g - b) / c : v === g ? 2 + (b - r) / c : 4 + (r - g) / c
  const chroma = Math.min(c * gain, Math.max(v, c))
  const level = (n: number): number => {
    const t = (((n + h + 6 * turn) % 6) + 6) % 6
    return v - chroma * Math.max(0, Math.min(1, t, 4 - t))
  }
  return [level(5), level(3), level(1)]
}

/** Values of the prior, [-2, 2], as colours and back. */
const toColour = (value: number): number => (value + 2) / 4
const fromColour = (colour: number): number => 4 * colour - 2

/** Turns hue and saturation of each image [3, H, W] of a batch, in place. */
const recolour = (
  { data, shape: [b, c, h, w] }: NdArray<'float32'>,
  { hue = 0, saturation = 0 }: Augmentation,
  stream: Stream,
  at: StepAddress,
): void => {
  if (c !== 3)
    throw new TweedieError('input', `augment: hue and saturation need images of 3 channels, got ${c}`)
  const size = h * w
  const turns = uniform(stream, [b], { ...at, draw: 2 }).data
  const gains = uniform(stream, [b], { ...at, draw: 3 }).data
  for (let i = 0; i < b; i++) {
    const [turn, gain] = [hue * (2 * turns[i] - 1), 1 + saturation * (2 * gains[i] - 1)]
    for (let p = 3 * i * size; p < (3 * i + 1) * size; p++) {
      const colour = recoloured(
        [toColour(data[p]), toColour(data[p + size]), toColour(data[p + 2 * size])],
        turn,
        gain,
      )
      colour.forEach((value, k) => {
        data[p + k * size] = fromColour(value)
      })
    }
  }
}

/**
 * Checks that what is moved stays inside a domain.
 *
 * @throws TweedieError `input` for shifts, and for flips unless the mirror image of the domain is itself
 */
export const checkAugmentable = ({ flip = false, shift = 0 }: Augmentation, { inside }: Domain): void => {
  const w = inside.shape[inside.shape.length - 1]
  const mirrored = inside.data.map((_, i) => inside.data[i - (i % w) + (w - 1 - (i % w))])
  const fault =
    shift > 0 ? 'shift' : flip && mirrored.some((v, i) => v !== inside.data[i]) ? 'flip' : undefined
  if (fault !== undefined)
    throw new TweedieError(
      'input',
      `augment: '${fault}' moves entries out of the domain of the data; leave train.augment.${fault} out`,
    )
}

/**
 * Augments a batch [B, C, H, W] in the units of the prior, in place of a copy; other shapes are returned as
 * they are.
 *
 * @throws TweedieError `input` for hue or saturation of images that have no colours
 */
export const augmented = (
  x: NdArray<'float32'>,
  augmentation: Augmentation,
  stream: Stream,
  at: StepAddress,
): NdArray<'float32'> => {
  const { flip = false, shift = 0, hue = 0, saturation = 0 } = augmentation
  if (x.shape.length !== 4 || (!flip && shift === 0 && hue === 0 && saturation === 0)) return x
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
  if (hue > 0 || saturation > 0) recolour(out, augmentation, stream, at)
  return out
}
