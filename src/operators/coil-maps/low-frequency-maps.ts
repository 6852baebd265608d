/**
 * Sensitivities of coils from the fully sampled centre of k-space (McKenzie et al. 2002): with the images I_c
 * of the low frequencies,
 *
 *     s_c ≈ I_c / √(Σ_k |I_k|²),    I_c = F⁻¹(w ∘ y_c),
 *
 * w a cosine over the centre. Maps are smooth, so that I_c is about s_c times one blurred image; what is not
 * smooth, noise and edges, is taken off by `smoothMaps`. They keep the phase of the image, as they have to
 * where x is real: maps by eigenvectors (Walsh et al. 2000; ESPIRiT, Uecker et al. 2014) know it up to a
 * factor in each pixel only. x must not change its sign.
 */
import { TweedieError } from '../../error.ts'
import { eachBatch, float32, jit, type NdArray, rows, type Tensor, zeros } from '../../tensor/index.ts'
import { scaleBy } from '../complex.ts'
import { joined, parted, transforms } from '../fourier.ts'
import { smoothMaps } from './smooth-maps.ts'

/** Frequencies on each side of the middle: at most (more brings noise), and at least (9 × 9 in all). */
const MOST = 16
const LEAST = 4

/** A plane of frequencies, 1 where sampled. */
interface Plane {
  readonly h: number
  readonly w: number
  sampled(row: number, column: number): boolean
}

/** Whether all frequencies up to `a` rows and `b` columns from the middle are sampled. */
const isFull = ({ h, w, sampled }: Plane, a: number, b: number): boolean => {
  const [ch, cw] = [Math.floor(h / 2), Math.floor(w / 2)]
  for (let i = Math.max(0, ch - a); i <= Math.min(h - 1, ch + a); i++)
    for (let j = Math.max(0, cw - b); j <= Math.min(w - 1, cw + b); j++) if (!sampled(i, j)) return false
  return true
}

/** How far the middle is fully sampled, in rows and columns: a square, then longer in each direction. */
const centreOf = (plane: Plane): readonly [rows: number, columns: number] => {
  let r = -1
  while (r < MOST && isFull(plane, r + 1, r + 1)) r++
  let [a, b] = [r, r]
  while (a < MOST && isFull(plane, a + 1, b)) a++
  while (b < MOST && isFull(plane, a, b + 1)) b++
  return [a, b]
}

/** A cosine from the middle to the first frequency that is left out. */
const taper = (distance: number, r: number): number =>
  Math.abs(distance) > r ? 0 : Math.cos((Math.PI * distance) / (2 * (r + 1)))

/** Windows over the centres of masks [N, 1, H|1, W], the first of them mask `first`: [N, 1, H, W]. */
const windowsOf = (mask: NdArray<'float32'>, h: number, first: number): NdArray<'float32'> => {
  const [count, , rowsOf, w] = mask.shape
  const out = zeros([count, 1, h, w])
  for (let n = 0; n < count; n++) {
    const sampled = (i: number, j: number) => mask.data[(n * rowsOf + (rowsOf > 1 ? i : 0)) * w + j] === 1
    const [a, b] = centreOf({ h, w, sampled })
    if (a < Math.min(LEAST, Math.floor(h / 2)) || b < Math.min(LEAST, Math.floor(w / 2)))
      throw new TweedieError(
        'input',
        `the fully sampled centre of k-space ${first + n} has ${Math.min(2 * a + 1, h)} × ` +
          `${Math.min(2 * b + 1, w)} frequencies, too few to estimate coil maps from (9 × 9): ` +
          'give them, maps=maps.npy',
      )
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++)
        out.data[(n * h + i) * w + j] = taper(i - Math.floor(h / 2), a) * taper(j - Math.floor(w / 2), b)
  }
  return out
}

/**
 * The maps of each observation.
 *
 * @param y - k-space [N, 2K, H, W], real parts first
 * @param mask - [N, 1, H, W], or columns [N, 1, 1, W]; N may be 1
 * @param first - number of the first observation in the whole, for messages; default 0
 * @returns [N, 2K, H, W] with Σ|s|² = 1 over the coils
 * @throws TweedieError `input` for one coil alone, and centres of fewer than 9 × 9 frequencies
 *
 * @example
 * ```ts
 * const { y, operator } = readObservations('kspace.npz')
 * const sensitivity = await lowFrequencyMaps(y, operator.parameters.mask)
 * ```
 */
export const lowFrequencyMaps = async (
  y: NdArray<'float32'>,
  mask: NdArray<'float32'>,
  first = 0,
): Promise<NdArray<'float32'>> => {
  const [count, channels, h, w] = y.shape
  if (channels === 2)
    throw new TweedieError(
      'input',
      'y is of one coil, [N, coils, H, W] is needed; --operator fourier takes one',
    )
  const F = transforms(h, w)
  const program = jit((k: Tensor, window: Tensor): Tensor => joined(F.back(scaleBy(window, parted(k)))))
  const windows = windowsOf(mask, h, first)
  const images = zeros(y.shape)
  try {
    await eachBatch(count, 16, async (from, to) => {
      const window = windows.shape[0] === 1 ? windows : rows(windows, from, to)
      images.data.set(float32(await program(rows(y, from, to), window)).data, (from * y.size) / count)
    })
  } finally {
    await program.release()
  }
  return smoothMaps(images)
}
