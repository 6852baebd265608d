/** What kriging of a set costs, from its sizes: whether to begin at all. */
import { FITTED } from './kriging-fit.ts'
import { EVALUATIONS } from './reml.ts'

/** Sizes of a set. */
export interface KrigingSizes {
  /** P: entries of a channel of x. */
  readonly entries: number
  readonly channels: number
  /** m of each field of each observation: entries of y that depend on x; a bound is enough. */
  readonly seen: readonly (readonly number[])[]
  /** Entries of y for each channel, where A is written out as a matrix of so many rows; masks need none. */
  readonly written?: number
  /** K. */
  readonly draws: number
}

/** Most that is begun: about half an hour of plain arithmetic, and what most machines have free. */
const MOST = { operations: 2e12, bytes: 2 ** 30 } as const

/**
 * Additions and multiplications, and bytes held at a time, of the leading terms: A R and A R Aᵀ of matrices
 * A, decompositions of m³/3 and P³/3, for each draw a product with the root of R.
 */
export const krigingCost = ({ entries: P, channels, seen, written, draws: K }: KrigingSizes) => {
  const isWritten = written !== undefined
  const products = (m: number): number => (isWritten ? 2 * m * P * P + 2 * m * m * P : 0)
  const decomposition = (m: number): number => m ** 3 / 3
  const sampled = (m: number): number => Math.min(m, FITTED.entries)
  const fitted = (m: number): number => products(sampled(m)) + EVALUATIONS * decomposition(sampled(m))
  const sum = (fields: readonly (readonly number[])[], of: (m: number) => number): number =>
    fields.flat().reduce((total, m) => total + of(m), 0)
  const predicted = (m: number): number => 2 * m * m + (isWritten ? 4 : 2) * m * P
  const perChannel = channels / seen.reduce((most, fields) => Math.max(most, fields.length), 1)
  const ranges = FITTED.ranges * sum(seen.slice(0, FITTED.observations), fitted)
  const means = sum(seen, (m) => fitted(m) + products(m) + decomposition(m))
  const draws = K * sum(seen, (m) => perChannel * (P * P + predicted(m)))
  const most = seen.flat().reduce((a, m) => Math.max(a, m), 0)
  const matrices = isWritten ? 12 * written * P + 4 * P * P + 8 * most * P + 8 * P * sum(seen, sampled) : 0
  return {
    operations: ranges + means + draws + decomposition(P),
    bytes: matrices + 8 * (2 * P * P + most * P + 2 * most * most) + 4 * K * seen.length * channels * P,
  }
}

/** Why kriging of a set is not begun; undefined when it is. */
export const krigingRefusal = (sizes: KrigingSizes): string | undefined => {
  const { operations, bytes } = krigingCost(sizes)
  if (operations <= MOST.operations && bytes <= MOST.bytes) return undefined
  return (
    `kriging: ${sizes.seen.length} × ${sizes.channels * sizes.entries} entries would take about ` +
    `${operations.toExponential(1)} operations and ${(bytes / 2 ** 30).toFixed(1)} GiB, more ` +
    `than ${MOST.operations.toExponential(0)} or ${MOST.bytes / 2 ** 30} GiB; ` +
    'give it fewer or smaller observations'
  )
}
