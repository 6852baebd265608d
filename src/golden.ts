const GOLDEN = (Math.sqrt(5) - 1) / 2

/**
 * The maximum of a function of one hill between two ends, by golden-section search (Kiefer 1953): each
 * evaluation leaves 0.618 of the interval.
 */
export const goldenMaximum = async (
  f: (x: number) => number | Promise<number>,
  from: number,
  to: number,
  evaluations: number,
): Promise<{ readonly at: number; readonly value: number }> => {
  let [a, b] = [from, to]
  let [left, right] = [b - GOLDEN * (b - a), a + GOLDEN * (b - a)]
  let [atLeft, atRight] = [await f(left), await f(right)]
  for (let i = 2; i < evaluations; i++) {
    if (atLeft >= atRight) {
      ;[b, right, atRight] = [right, left, atLeft]
      left = b - GOLDEN * (b - a)
      atLeft = await f(left)
    } else {
      ;[a, left, atLeft] = [left, right, atRight]
      right = a + GOLDEN * (b - a)
      atRight = await f(right)
    }
  }
  return atLeft >= atRight ? { at: left, value: atLeft } : { at: right, value: atRight }
}
