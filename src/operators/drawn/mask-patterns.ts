/** Masks drawn per observation: boxes, exact numbers of pixels, vertices. 1 = observed. */
import { requireInteger } from '../../checks.ts'
import { TweedieError } from '../../error.ts'
import { integersBatch, permutation, stream } from '../../random/index.ts'
import { full, type NdArray, zeros } from '../../tensor/index.ts'

const range = (count: number, first: number): number[] => Array.from({ length: count }, (_, i) => first + i)

/**
 * Masks [count, 1, h, w] with one square of side `size` missing, its place uniform at least `margin` from the
 * edges (box inpainting of the MMPS benchmark: size 128 and margin 16 in 256×256).
 *
 * @param size - side of the square in pixels
 * @param margin - pixels, default 0
 * @param first - number of the first mask, default 0
 * @throws TweedieError `input` when the square does not fit
 *
 * @example
 * ```ts
 * const A = mask(constant(boxMasks(8, { height: 28, width: 28, size: 14, margin: 2, seed: 0 })), [1, 28, 28])
 * ```
 */
export const boxMasks = (
  count: number,
  {
    height,
    width,
    size,
    margin = 0,
    seed,
    first = 0,
  }: { height: number; width: number; size: number; margin?: number; seed: number; first?: number },
): NdArray<'float32'> => {
  requireInteger(size, 1, 'box: size')
  requireInteger(margin, 0, 'box: margin')
  if (size + 2 * margin > Math.min(height, width)) {
    throw new TweedieError(
      'input',
      `box: a square of ${size} with a margin of ${margin} does not fit images of ${height}×${width}`,
    )
  }
  const corner = (name: string, length: number) =>
    // The upper end is one past the last place; of length 256, size 128, margin 16 the places are 16 … 112.
    integersBatch(
      stream(seed, `observe box ${name}`),
      margin,
      length - margin - size + 1,
      { observation: range(count, first) },
      [1],
    )
  const [tops, lefts] = [corner('top', height), corner('left', width)]
  const masks = full([count, 1, height, width], 1)
  for (let i = 0; i < count; i++) {
    for (let row = tops.data[i]; row < tops.data[i] + size; row++) {
      const start = (i * height + row) * width + lefts.data[i]
      masks.data.fill(0, start, start + size)
    }
  }
  return masks
}

/**
 * Masks [count, 1, entries] that keep exactly `kept` entries each, uniformly at random: pixels (random
 * inpainting of the MMPS benchmark) or vertices of a mesh.
 *
 * @param kept - one number, or one for each mask: 0 … entries
 * @param first - number of the first mask, default 0
 * @throws TweedieError `input` when more entries are to be kept than exist
 *
 * @example
 * ```ts
 * const masks = exactMasks(8, { entries: 784, kept: 196, seed: 0 }) // a quarter of the pixels
 * const A = mask(constant(reshaped(masks, [8, 1, 28, 28])), [1, 28, 28])
 * ```
 */
export const exactMasks = (
  count: number,
  {
    entries,
    kept,
    seed,
    first = 0,
  }: { entries: number; kept: number | readonly number[]; seed: number; first?: number },
): NdArray<'float32'> => {
  const masks = zeros([count, 1, entries])
  for (let i = 0; i < count; i++) {
    const order = permutation(stream(seed, 'observe exact mask'), entries, { observation: first + i }).data
    const own = typeof kept === 'number' ? kept : kept[i]
    requireInteger(own, 0, 'mask: number of entries kept')
    if (own > entries) throw new TweedieError('input', `mask: cannot keep ${own} of ${entries} entries`)
    for (let k = 0; k < own; k++) masks.data[i * entries + order[k]] = 1
  }
  return masks
}
