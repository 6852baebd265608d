/**
 * A few numbers that say much about a signal, for tests that lose their power when they look at every pixel.
 * Each is a function of the signal alone, fixed before any draw was seen.
 */
import { normal, stream } from '../../random/index.ts'
import { type NdArray, sizeOf } from '../../tensor/index.ts'
import { finiteValues } from '../values.ts'

/** Signals of so few entries are their own quantities. */
const FEW = 6

/** Random directions of larger signals. */
const DIRECTIONS = 3

/** A number for each signal, [M]. */
export interface Quantity {
  /** Such as `mean` or `projection 1`. */
  readonly name: string
  /** One number for each signal. */
  readonly values: Float64Array
}

/**
 * Quantities of signals: their entries when there are at most 6, else mean, mean square and 3 random
 * projections.
 *
 * @param x - `[..., ...event]`
 * @param event - shape of one signal
 * @throws TweedieError `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const [mean, meanSquare, ...projections] = signalQuantities(images, [1, 28, 28])
 * ```
 */
export const signalQuantities = (x: NdArray, event: readonly number[]): Quantity[] => {
  const size = sizeOf(event)
  const values = finiteValues(x, 'signalQuantities: x')
  const reduced = (name: string, term: (v: number, i: number) => number): Quantity => {
    const out = new Float64Array(values.length / size)
    for (let i = 0; i < values.length; i++) out[Math.floor(i / size)] += term(values[i], i % size)
    return { name, values: out }
  }
  if (size <= FEW) {
    return Array.from({ length: size }, (_, c) => reduced(`x${c + 1}`, (v, i) => (i === c ? v : 0)))
  }
  const projections = Array.from({ length: DIRECTIONS }, (_, p) => {
    const direction = normal(stream(0, 'quantities'), [size], { draw: p }).data
    return reduced(`projection ${p + 1}`, (v, i) => (v * direction[i]) / Math.sqrt(size))
  })
  return [reduced('mean', (v) => v / size), reduced('mean square', (v) => (v * v) / size), ...projections]
}
