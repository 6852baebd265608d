/**
 * Optimal string alignment distance: the fewest insertions, deletions, substitutions and swaps of neighbours
 * that turn `a` into `b` (Damerau 1964; Wagner and Fischer 1974 for the recurrence).
 */
export const editDistance = (a: string, b: string): number => {
  const d = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => i || j),
  )
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      d[i][j] = Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + same)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1)
    }
  }
  return d[a.length][b.length]
}

/**
 * The valid name nearest to a mistyped one, for messages: `did you mean 'noise'?`.
 *
 * @param valid at least one name.
 */
export const nearestName = (name: string, valid: readonly string[]): string => {
  const from = (candidate: string) => editDistance(name.toLowerCase(), candidate.toLowerCase())
  return valid.reduce((best, candidate) => (from(candidate) < from(best) ? candidate : best))
}

/**
 * The candidate most like `name`, if one is close enough to be what was meant: a third
 * of its letters may differ.
 */
export const nearest = (name: string, candidates: readonly string[]): string | undefined => {
  if (candidates.length === 0) return undefined
  const best = nearestName(name, candidates)
  const distance = editDistance(name.toLowerCase(), best.toLowerCase())
  return distance <= Math.max(1, Math.floor(Math.max(name.length, best.length) / 3)) ? best : undefined
}
