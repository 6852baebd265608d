/**
 * Readouts without their oversampling. Scanners sample the readout more densely than the image needs, so that
 * its field of view is larger than the image: the image is the middle of it.
 */
import { requireInteger } from '../checks.ts'
import { TweedieError } from '../error.ts'
import { float32, jit, NdArray, type Tensor } from '../tensor/index.ts'
import { type ComplexDense, leftProduct, polarMatrix } from './complex.ts'
import { joined, parted } from './fourier.ts'

/**
 * F_m P F_nᴴ, [m, n], with P the middle m of n rows: of k and j, counted from frequency 0, the kernel of
 * Dirichlet,
 *
 *     (mn)^{−1/2} Σ_p e^{ipθ} = (mn)^{−1/2} e^{iθ(m−1−2c)/2} sin(mθ/2)/sin(θ/2),   θ = 2π(j/n − k/m),
 *
 * with p from −c = −⌊m/2⌋ to m − 1 − c.
 */
const cropping = (m: number, n: number): ComplexDense => {
  const [c, d] = [Math.floor(m / 2), Math.floor(n / 2)]
  const half = (row: number, column: number) => Math.PI * ((column - d) / n - (row - c) / m)
  const sum = (row: number, column: number): number => {
    const isZero = (column - d) * m === (row - c) * n
    const angle = half(row, column)
    return isZero ? m : Math.sin(m * angle) / Math.sin(angle)
  }
  return polarMatrix(
    m,
    n,
    (row, column) => sum(row, column) / Math.sqrt(m * n),
    (row, column) => half(row, column) * (m - 1 - 2 * c),
  )
}

/**
 * The k-space of the middle of images, cut along their rows: y ↦ F_m P F_nᴴ y, with the orthonormal, centred
 * transforms of {@link fourier}. It is that of the smaller image with the same values; rows of the matrix are
 * orthonormal, so white noise keeps its standard deviation. Columns of zeros stay zero.
 *
 * @param kspace - [N, 2K, n, W], real parts first, with each column measured in all of its rows, or in none
 * @param rows - m, 1 … n
 * @returns [N, 2K, m, W]
 * @throws TweedieError `input` for other numbers of rows
 *
 * @example
 * ```ts
 * const { kspace, rows } = await readKspace('scan.h5')
 * const y = await croppedReadout(kspace, rows)
 * ```
 */
export const croppedReadout = async (
  kspace: NdArray<'float32'>,
  rows: number,
): Promise<NdArray<'float32'>> => {
  const [count, channels, n, width] = kspace.shape
  requireInteger(rows, 1, 'rows of a cropped readout')
  if (rows > n) throw new TweedieError('input', `a readout of ${n} rows cannot be cropped to ${rows}`)
  if (rows === n) return kspace
  const matrix = cropping(rows, n)
  const crop = jit((y: Tensor) => joined(leftProduct(matrix, parted(y))))
  const [before, after] = [channels * n * width, channels * rows * width]
  const cropped = new Float32Array(count * after)
  try {
    for (let i = 0; i < count; i++) {
      const own = kspace.data.subarray(i * before, (i + 1) * before)
      const made = await crop(new NdArray('float32', [1, channels, n, width], own))
      cropped.set(float32(made).data, i * after)
    }
  } finally {
    await crop.release()
  }
  return new NdArray('float32', [count, channels, rows, width], cropped)
}
