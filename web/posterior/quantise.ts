/** Values as whole numbers between two ends, for files that are small. */

/** Quantised values and what is needed to have them back. */
export interface Quantised {
  readonly bits: 8 | 16
  readonly low: number
  readonly high: number
  readonly levels: Uint8Array | Uint16Array
  /** The largest difference between a value and what comes back. */
  readonly error: number
}

const stepOf = ({ bits, low, high }: Pick<Quantised, 'bits' | 'low' | 'high'>): number =>
  (high - low) / (2 ** bits - 1)

/** Values that come back, as float32. */
export const restored = (quantised: Omit<Quantised, 'error'>): Float32Array => {
  const { low, levels } = quantised
  const step = stepOf(quantised)
  return Float32Array.from(levels, (level) => low + step * level)
}

/** Values at the nearest of 256 or 65,536 levels between the lowest and the highest. */
export const quantise = (values: Float32Array, bits: 8 | 16): Quantised => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  const step = stepOf({ bits, low, high }) || 1
  const levels = bits === 8 ? new Uint8Array(values.length) : new Uint16Array(values.length)
  let error = 0
  for (let i = 0; i < values.length; i++) {
    levels[i] = Math.round((values[i] - low) / step)
    error = Math.max(error, Math.abs(Math.fround(low + stepOf({ bits, low, high }) * levels[i]) - values[i]))
  }
  return { bits, low, high, levels, error }
}
