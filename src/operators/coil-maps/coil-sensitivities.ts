import { requireInteger } from '../../checks.ts'
import { NdArray } from '../../tensor/index.ts'

/** Distance of the coils from the centre, and width of their sensitivity, in halves of the image. */
const RADIUS = 1.2
const WIDTH = 1

/**
 * Sensitivities of K coils on a circle around the image, [1, 2K, h, w], real parts first, with Σ|s|² = 1
 * everywhere: Gaussian in the distance from the coil, with a phase that turns once around and grows away from
 * it. A model, for data without measured sensitivities.
 *
 * @throws TweedieError `input` unless the number of coils is an integer ≥ 1
 *
 * @example
 * ```ts
 * const s = constant(coilSensitivities(8, { height: 320, width: 320 }))
 * const m = constant(columnMasks(1, { width: 320, acceleration: 4, seed: 0 }))
 * const A = multiCoilFourier(m, s, [1, 320, 320])
 * ```
 */
export const coilSensitivities = (
  coils: number,
  { height, width }: { height: number; width: number },
): NdArray<'float32'> => {
  requireInteger(coils, 1, 'coils')
  const size = height * width
  const data = new Float32Array(2 * coils * size)
  for (let pixel = 0; pixel < size; pixel++) {
    const v = (2 * Math.floor(pixel / width) + 1) / height - 1
    const u = (2 * (pixel % width) + 1) / width - 1
    const values = Array.from({ length: coils }, (_, k) => {
      const angle = (2 * Math.PI * k) / coils
      const squared = (u - RADIUS * Math.cos(angle)) ** 2 + (v - RADIUS * Math.sin(angle)) ** 2
      return { magnitude: Math.exp(-squared / (2 * WIDTH ** 2)), phase: angle + Math.sqrt(squared) }
    })
    const total = Math.sqrt(values.reduce((sum, { magnitude }) => sum + magnitude ** 2, 0))
    for (const [k, { magnitude, phase }] of values.entries()) {
      data[k * size + pixel] = (magnitude / total) * Math.cos(phase)
      data[(coils + k) * size + pixel] = (magnitude / total) * Math.sin(phase)
    }
  }
  return new NdArray('float32', [1, 2 * coils, height, width], data)
}
