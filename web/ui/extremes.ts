/** Lowest and highest of each column of entries [from, to): as they are where there are few. */
export const extremes = (
  values: ArrayLike<number>,
  [from, to]: readonly [number, number],
  columns: number,
): readonly { readonly at: number; readonly low: number; readonly high: number }[] => {
  const wide = Math.max(1, (to - from) / columns)
  const found: { at: number; low: number; high: number }[] = []
  for (let c = 0; from + Math.floor(c * wide) < to; c++) {
    const start = from + Math.floor(c * wide)
    const end = Math.min(to, Math.max(start + 1, from + Math.floor((c + 1) * wide)))
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = start; i < end; i++) {
      if (!Number.isFinite(values[i])) continue
      low = Math.min(low, values[i])
      high = Math.max(high, values[i])
    }
    if (low <= high) found.push({ at: (start + end - 1) / 2, low, high })
  }
  return found
}
