/** Covariances of fitted priors as s² I + U Uᵀ, for those who know no other. */
import { NdArray, ndarray, sizeOf, toNumbers } from '../tensor/index.ts'
import { entriesOf } from './cosine-basis.ts'
import {
  type CosineCovariance,
  type Covariance,
  type IsotropicCovariance,
  type LowRankCovariance,
  lowRank,
} from './covariance.ts'

/** Cosines of which columns are made, at most. */
const COLUMNS = 64

/** The cosines of the largest variances as columns beside those that there are; the others by their mean. */
const ofCosines = ({ event, within }: CosineCovariance): LowRankCovariance | undefined => {
  const { variance } = within
  if (!(variance instanceof NdArray)) return undefined
  const n = sizeOf(event)
  const own = toNumbers(variance)
  const order = own.map((_, k) => k).sort((a, b) => own[b] - own[a])
  const [kept, others] = [order.slice(0, COLUMNS), order.slice(COLUMNS)]
  const rest =
    others.length > 0
      ? others.reduce((sum, k) => sum + own[k], 0) / others.length
      : own[kept[kept.length - 1]] / 2
  const cosines = kept.map((k) => {
    const one = new Array<number>(n).fill(0)
    one[k] = Math.sqrt(own[k] - rest)
    return one
  })
  const shared = within.kind === 'lowRank' ? within.factor : undefined
  const r = shared?.shape[1] ?? 0
  const factors = Array.from({ length: r }, (_, j) =>
    Array.from({ length: n }, (_, p) => Number(shared?.data[p * r + j])),
  )
  const columns = [...factors, ...cosines].map((column) => entriesOf(event, column))
  const width = columns.length
  return lowRank(
    rest,
    ndarray(
      Array.from({ length: n * width }, (_, i) => columns[i % width][Math.floor(i / width)]),
      [n, width],
    ),
  )
}

/**
 * A covariance of a fit in the form s² I or D + U Uᵀ: that itself, or the closest of 64 columns beside the
 * factors of one in cosines; undefined for others.
 *
 * @example
 * ```ts
 * const simple = asLowRank(cosine([2], diagonal(ndarray([2, 1], [2])))) // kind lowRank
 * ```
 */
export const asLowRank = (covariance: Covariance): IsotropicCovariance | LowRankCovariance | undefined => {
  if (covariance.kind === 'isotropic' || covariance.kind === 'lowRank') return covariance
  return covariance.kind === 'cosine' ? ofCosines(covariance) : undefined
}
