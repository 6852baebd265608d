/** Maps data to a length on the screen, and says where the ticks are. */
export interface Scale {
  (value: number): number
  readonly ticks: readonly number[]
  readonly kind: 'linear' | 'log'
}

/** Steps of 1, 2 or 5 times a power of ten, about `count` of them between the ends. */
const niceStep = (span: number, count: number): number => {
  const rough = span / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough * 0.999) ?? 10
  return factor * power
}

/** Linear from the data interval to the screen interval; grown to whole ticks when `nice`. */
export const linearScale = (
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  { count = 5, nice = true }: { count?: number; nice?: boolean } = {},
): Scale => {
  if (low === high) return linearScale([low - 0.5, high + 0.5], [from, to], { count, nice })
  const step = niceStep(high - low, count)
  const start = nice ? Math.floor(low / step + 1e-9) : Math.ceil(low / step - 1e-9)
  const stop = nice ? Math.ceil(high / step - 1e-9) : Math.floor(high / step + 1e-9)
  const [a, b] = nice ? [start * step, stop * step] : [low, high]
  const ticks = Array.from({ length: stop - start + 1 }, (_, i) => (start + i) * step)
  return Object.assign((v: number) => from + ((v - a) / (b - a)) * (to - from), {
    ticks,
    kind: 'linear' as const,
  })
}

/** Logarithmic; ticks at powers of ten, and at 2 and 5 times these where there are few. */
export const logScale = (
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
): Scale => {
  const [first, last] = [Math.floor(Math.log10(low) + 1e-9), Math.ceil(Math.log10(high) - 1e-9)]
  const [bottom, top] = last - first > 1 ? [10 ** first, 10 ** last] : [low, high]
  const [a, b] = bottom === top ? [bottom / 2, top * 2] : [bottom, top]
  const every = Math.max(1, Math.ceil((last - first) / 7))
  const factors = last - first <= 2 ? [1, 2, 5] : [1]
  const ticks: number[] = []
  for (let p = first - 1; p <= last; p += every) {
    for (const f of factors) if (f * 10 ** p >= a * 0.999 && f * 10 ** p <= b * 1.001) ticks.push(f * 10 ** p)
  }
  // Within less than a factor of two hardly any power of ten is met.
  if (ticks.length < 2)
    ticks.splice(0, ticks.length, ...linearScale([a, b], [from, to], { nice: false }).ticks)
  const span = Math.log(b / a)
  return Object.assign((v: number) => from + (Math.log(v / a) / span) * (to - from), {
    ticks,
    kind: 'log' as const,
  })
}

const superscript: Record<string, string> = Object.fromEntries(
  [...'-0123456789'].map((c, i) => [c, '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'[i]]),
)

/** A number as a tick label: 0.25, 12k, 10⁻³, 2×10⁻⁵. */
export const tickLabel = (value: number): string => {
  const size = Math.abs(value)
  if (size < 1e-12) return '0'
  if (size >= 1e-3 && size < 1e4) return `${Number(value.toPrecision(6))}`.replace('-', '−')
  if (size >= 1e4 && size < 1e6) return `${Number((value / 1000).toPrecision(6))}k`.replace('-', '−')
  const power = Math.floor(Math.log10(size) + 1e-9)
  const mantissa = Number((value / 10 ** power).toPrecision(4))
  const exponent = [...String(power)].map((c) => superscript[c]).join('')
  return mantissa === 1 ? `10${exponent}` : `${mantissa}×10${exponent}`.replace('-', '−')
}
