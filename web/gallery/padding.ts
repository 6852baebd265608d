/** Samplers of points take a multiple of eight: what is behind the last point is seen nowhere, and not shown. */

/** Signals [n, P + padding] without the padding: [n, P]. */
export const withoutPadding = (values: Float32Array, places: number, padding: number): Float32Array => {
  if (padding === 0) return values
  const rows = values.length / (places + padding)
  const own = new Float32Array(rows * places)
  for (let row = 0; row < rows; row++) {
    const start = row * (places + padding)
    own.set(values.subarray(start, start + places), row * places)
  }
  return own
}

/** A signal with so many zeros behind it. */
export const withPadding = (values: Float32Array, padding: number): Float32Array => {
  if (padding === 0) return values
  const padded = new Float32Array(values.length + padding)
  padded.set(values)
  return padded
}
