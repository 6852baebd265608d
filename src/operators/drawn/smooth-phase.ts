import { normalBatch, stream } from '../../random/index.ts'
import { NdArray } from '../../tensor/index.ts'

/** Cosines along each axis. */
const MODES = 3

/**
 * Smooth random phases [count, 1, h, w] in radians: φ(u, v) = Σ_pq g_pq cos(πpu) cos(πqv), p, q < 3, with
 * Gaussian g that fall off with frequency, such that the phase at a point has the given standard deviation on
 * average over the image. Magnitude images become complex ones like those of a scanner by them.
 *
 * @example
 * ```ts
 * const phase = constant(smoothPhases(8, { height: 64, width: 64, std: 0.5, seed: 0 }))
 * const m = constant(columnMasks(8, { width: 64, acceleration: 4, seed: 0 }))
 * const A = fourier(m, [1, 64, 64], { phase })
 * ```
 */
export const smoothPhases = (
  count: number,
  {
    height,
    width,
    std,
    seed,
    first = 0,
  }: { height: number; width: number; std: number; seed: number; first?: number },
): NdArray<'float32'> => {
  const observation = Array.from({ length: count }, (_, i) => first + i)
  const g = normalBatch(stream(seed, 'observe phase'), { observation }, [MODES, MODES])
  const weight = (p: number, q: number) => 1 / (1 + p + q)
  // A cosine of p > 0 has mean square 1/2.
  const power = (p: number, q: number) => weight(p, q) ** 2 * (p > 0 ? 0.5 : 1) * (q > 0 ? 0.5 : 1)
  let total = 0
  for (let p = 0; p < MODES; p++) for (let q = 0; q < MODES; q++) total += power(p, q)
  const scale = std / Math.sqrt(total)
  const size = height * width
  const data = new Float32Array(count * size)
  for (let i = 0; i < count * size; i++) {
    const [n, row, column] = [Math.floor(i / size), Math.floor((i % size) / width), i % width]
    const [u, v] = [(row + 0.5) / height, (column + 0.5) / width]
    let phase = 0
    for (let p = 0; p < MODES; p++) {
      for (let q = 0; q < MODES; q++) {
        phase +=
          g.data[(n * MODES + p) * MODES + q] *
          weight(p, q) *
          Math.cos(Math.PI * p * u) *
          Math.cos(Math.PI * q * v)
      }
    }
    data[i] = scale * phase
  }
  return new NdArray('float32', [count, 1, height, width], data)
}
