/** Levenshtein distance: fewest insertions, deletions and replacements that make one word of the other. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]
}

/**
 * The valid name nearest to a mistyped one, for messages: `did you mean 'noise'?`.
 *
 * @param valid at least one name.
 */
export const nearestName = (name: string, valid: readonly string[]): string => {
  const from = (candidate: string) => distance(name.toLowerCase(), candidate.toLowerCase())
  return valid.reduce((best, candidate) => (from(candidate) < from(best) ? candidate : best))
}
