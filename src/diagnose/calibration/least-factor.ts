/**
 * The smallest factor γ that keeps a risk, from the stretches that the entries of each problem need. These
 * are far too many to keep: they come part by part, several times. The first time they are counted in bins of
 * their size, which leads to the bin of γ; then those of that bin are kept, and for each problem how many lie
 * above it, from which the risk follows as if all were there.
 */
import { column } from './in-parts.ts'

/** Octaves that have bins of their own, about 1, and bins of each: 0.3 % wide on average. */
const [OCTAVES, BITS] = [32, 8]

/** Bins of what is above 0 and finite; what is beyond the octaves is in the first or the last. */
const INNER = OCTAVES << BITS

/** The bin of 0 and that of infinity, which hold one value each. */
const [ZERO, INFINITE] = [0, INNER + 1]

const EXPONENT_OF_ONE = 1023
const view = new DataView(new ArrayBuffer(8))

/** The bin of a stretch, ascending: exponent and first bits of the mantissa of a double say it. */
const binOf = (need: number): number => {
  if (need === 0) return ZERO
  if (need === Infinity) return INFINITE
  view.setFloat64(0, need)
  const leading = view.getUint32(0) >>> (20 - BITS)
  const first = (EXPONENT_OF_ONE - OCTAVES / 2) << BITS
  return Math.min(INNER, Math.max(1, leading - first + 1))
}

/** The smallest factor, of problems that come part by part. */
export interface LeastFactor {
  /** Takes in the next problem by the stretches that its entries need: at least one. */
  readonly add: (needs: readonly number[]) => void
  /** Ends a pass. Whether all problems have to come again, in the same order. */
  readonly again: () => boolean
  /** Problems. */
  readonly count: () => number
  /** Share of the entries that need no stretch, averaged over problems. */
  readonly before: () => number
  /** After the last pass: γ, infinite where no finite factor keeps the risk. */
  readonly factor: () => number
}

/** What is known of the bin that γ may lie in. */
interface Inspected {
  readonly bin: number
  /** Of each problem: entries, those above the bin, and those inside. */
  readonly entries: ReturnType<typeof column>
  readonly above: ReturnType<typeof column>
  readonly inside: ReturnType<typeof column>
  /** The stretches inside, problem by problem; none of bins that hold one value. */
  readonly needs: ReturnType<typeof column>
}

const inspecting = (bin: number): Inspected => ({
  bin,
  entries: column(),
  above: column(),
  inside: column(),
  needs: column(),
})

const look = ({ bin, entries, above, inside, needs }: Inspected, own: readonly number[]): void => {
  const bins = own.map(binOf)
  const kept = own.filter((_, i) => bins[i] === bin)
  entries.add(Float64Array.of(own.length))
  above.add(Float64Array.of(bins.filter((b) => b > bin).length))
  inside.add(Float64Array.of(kept.length))
  if (bin !== ZERO && bin !== INFINITE) needs.add(Float64Array.from(kept))
}

/** (Σ shares outside + 1)/(n + 1), from how many entries of each problem lie outside. */
const riskOf = ({ entries }: Inspected, outside: (problem: number) => number): number => {
  const all = entries.all()
  return all.reduce((sum, count, problem) => sum + outside(problem) / count, 1) / (all.length + 1)
}

/** The smallest stretch in the bin that keeps the risk; that of all of the bin does. */
const leastOf = (inspected: Inspected, most: number): number => {
  const { bin, above, inside, needs } = inspected
  if (bin === ZERO) return 0
  if (bin === INFINITE) return Infinity
  const [values, beyond, counts] = [needs.all(), above.all(), inside.all()]
  const starts = new Float64Array(counts.length)
  for (let i = 1; i < counts.length; i++) starts[i] = starts[i - 1] + counts[i - 1]
  const outside = (gamma: number) => (problem: number) => {
    let sum = beyond[problem]
    for (let at = starts[problem]; at < starts[problem] + counts[problem]; at++) if (values[at] > gamma) sum++
    return sum
  }
  const candidates = values.slice().sort()
  let [low, high] = [0, candidates.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (riskOf(inspected, outside(candidates[middle])) <= most) high = middle
    else low = middle + 1
  }
  return candidates[low]
}

/**
 * The smallest γ among the stretches with (Σ shares above γ + 1)/(n + 1) ≤ 1 − level, exactly.
 *
 * @param level - nominal level of the interval
 */
export const leastFactor = (level: number): LeastFactor => {
  const most = 1 - level
  /** Of each bin: the shares of the entries of problems that lie in it. */
  const shares = new Float64Array(INFINITE + 1)
  let [count, within] = [0, 0]
  let inspected: Inspected | undefined
  let found: number | undefined
  const add = (needs: readonly number[]): void => {
    if (inspected) {
      look(inspected, needs)
      return
    }
    count++
    within += needs.filter((need) => need <= 1).length / needs.length
    for (const need of needs) shares[binOf(need)] += 1 / needs.length
  }
  /** The lowest bin with a risk that is small enough above it, but for rounding. */
  const likely = (): number => {
    let bin = INFINITE
    for (let above = 0; bin > 0 && (1 + above + shares[bin]) / (count + 1) <= most; bin--)
      above += shares[bin]
    return bin
  }
  /** The next bin that has entries, upwards or downwards. */
  const beside = (bin: number, step: 1 | -1): number => {
    let next = bin + step
    while (next > ZERO && next < INFINITE && shares[next] === 0) next += step
    return next
  }
  const again = (): boolean => {
    if (found !== undefined || count === 0) return false
    if (!inspected) {
      if (1 / (count + 1) > most) found = Infinity
      else inspected = inspecting(likely())
      return found === undefined
    }
    const { bin, above, inside } = inspected
    const [beyond, own] = [above.all(), inside.all()]
    const upper = riskOf(inspected, (problem) => beyond[problem])
    const lower = riskOf(inspected, (problem) => beyond[problem] + own[problem])
    // Sums of shares by bins are rounded otherwise than the risk: it may be the bin beside.
    if (upper > most) inspected = inspecting(beside(bin, 1))
    else if (lower <= most && bin > ZERO) inspected = inspecting(beside(bin, -1))
    else found = leastOf(inspected, most)
    return found === undefined
  }
  return {
    add,
    again,
    count: () => count,
    before: () => within / count,
    factor: () => found ?? Number.NaN,
  }
}
