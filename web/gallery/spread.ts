/**
 * One spread at each place: the root of the mean variance of its channels.
 *
 * @param deviation - [C, P]
 */
export const spreadOf = (deviation: Float32Array, places: number): Float32Array => {
  if (deviation.length === places) return deviation
  const channels = deviation.length / places
  const variance = new Float32Array(places)
  deviation.forEach((d, i) => {
    variance[i % places] += (d * d) / channels
  })
  return variance.map(Math.sqrt)
}

/** The largest spread over signals at a place. @param signals - [n, C·P] */
export const widestOf = (signals: Float32Array, size: number, places: number): number => {
  const count = signals.length / size
  const deviation = new Float32Array(size)
  for (let i = 0; i < size; i++) {
    let [sum, squares] = [0, 0]
    for (let at = i; at < signals.length; at += size) {
      sum += signals[at]
      squares += signals[at] ** 2
    }
    deviation[i] = Math.sqrt(Math.max(0, squares - sum ** 2 / count) / Math.max(1, count - 1))
  }
  return spreadOf(deviation, places).reduce((a, b) => Math.max(a, b), 0) || 1
}
