/** The two values that a scale of colours spans. */
import type { Draws } from '../posterior/draws.ts'

/** Lowest and highest colour. */
export interface Ends {
  readonly low: number
  readonly high: number
}

/** Ends of the data where they are known; else, of pictures, those of the truth; else of all that is shown. */
export const endsOf = ({ values, range, truth, domain, size, look }: Draws): Ends => {
  if (range) return { low: range[0], high: range[1] }
  const alone = truth && look.kind === 'image' && truth.some((v) => v !== truth[0])
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const some of alone ? [truth] : truth ? [values, truth] : [values])
    for (let i = 0; i < some.length; i++) {
      if (domain && domain[i % size] === 0) continue
      if (some[i] < low) low = some[i]
      if (some[i] > high) high = some[i]
    }
  return low < high ? { low, high } : { low: low - 0.5, high: low + 0.5 }
}
