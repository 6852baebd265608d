/** One figure with an exact answer, and what it must satisfy. */
export interface Gate {
  readonly name: string
  readonly value: number
  /** The condition as text, such as `<= 0.03`; empty for a figure that is only printed. */
  readonly gate: string
  readonly pass: boolean
}

/** value ≤ limit. */
export const atMost = (name: string, value: number, limit: number): Gate => ({
  name,
  value,
  gate: `<= ${limit}`,
  pass: value <= limit,
})

/** lo ≤ value ≤ hi. */
export const between = (name: string, value: number, lo: number, hi: number): Gate => ({
  name,
  value,
  gate: `${lo} .. ${hi}`,
  pass: value >= lo && value <= hi,
})

/** |value/target − 1| ≤ share. */
export const within = (name: string, value: number, target: number, share: number): Gate => ({
  name,
  value,
  gate: `${target} +- ${100 * share} %`,
  pass: Math.abs(value / target - 1) <= share,
})

/** A figure without a gate: it must only be a number. */
export const shown = (name: string, value: number): Gate => ({
  name,
  value,
  gate: '',
  pass: Number.isFinite(value),
})
