/**
 * Observations of some coefficients in an orthonormal basis, for learners that know masks only. Where
 * AᵀA = Q diag(λ) Qᵀ, all that y = A x + s n says of x is Aᵀy, and coefficient by coefficient that is
 *
 *     c = Qᵀ Aᵀ y / λ = Qᵀ x + (s/√λ) n',   n' ~ N(0, I),   where λ > 0.
 *
 * In the Fourier plane of a real image (Q is Hartley's basis), λ is 1 where a frequency and its mirror image
 * were sampled, 1/2 where one of them was.
 */
import { TweedieError } from '../error.ts'
import { type Eigenbasis, makeOperator, type Operator, toPrior } from '../operators/index.ts'
import {
  broadcastTo,
  constant,
  div,
  float32,
  fullLike,
  greater,
  jit,
  NdArray,
  reciprocal,
  type Shape,
  sizeOf,
  type Tensor,
  where,
} from '../tensor/index.ts'
import { batchedObservations, type ObservationBatch } from './batches.ts'
import type { MaskedBatch } from './masked-rows.ts'
import { type Observations, observationsAt, sourceOf } from './observation-source.ts'

/** Some rows of coefficients, in the units of the prior. */
export interface SpectralBatch extends MaskedBatch {
  /** Of the noise of each coefficient, over that of y: 1/λ; 0 where none was observed. Like y. */
  readonly variance: NdArray<'float32'>
}

/** What all rows together say; they are read for it. */
export interface SpectralSurvey {
  /** In how many of the rows each coefficient was observed, as a share, [...shape]. */
  readonly shares: NdArray<'float32'>
  /** The largest standard deviation of the noise of a coefficient, in the units of the prior. */
  readonly level: number
}

/** Coefficients of which rows are read when they are asked for. */
export interface SpectralRows {
  readonly count: number
  /** Shape of one x. */
  readonly event: Shape
  /** From x to its coefficients, and back. */
  readonly basis: Pick<Eigenbasis, 'shape' | 'forward' | 'inverse'>
  /** Standard deviation of the noise of y, in the units of the prior. */
  readonly noise: number
  /** The rows of these indices. @throws TweedieError `input` for rows that are unsound, `io` */
  rowsAt(rows: readonly number[]): Promise<SpectralBatch>
  /** @throws TweedieError `input` for a coefficient that no row observes */
  survey(): Promise<SpectralSurvey>
  /** Frees what `rowsAt` has compiled. */
  release(): Promise<void>
}

/** Entries of y that are looked at together. */
const AT_ONCE = 2 ** 20

const basisOf = (A: Operator, name: string): Eigenbasis => {
  if (A.linear && A.eigenbasis?.deletes) return A.eigenbasis
  throw new TweedieError(
    'input',
    "expected observations through known masks, of x or of its Fourier plane (operator 'fourier' without " +
      `a phase), got operator '${name}'`,
  )
}

/**
 * The rows of observations through an operator that is a mask in a basis: a set in memory, or one that is
 * read from its file.
 *
 * @param observations - in the units of the data
 * @throws TweedieError `input` for other operators and blind ones, noise that differs between entries, and a
 *   domain
 *
 * @example
 * ```ts
 * const rows = spectralRows(openObservations('slices.npz'))
 * const { y, mask, variance } = await rows.rowsAt([3, 1, 4])
 * await rows.release()
 * ```
 */
export const spectralRows = (observations: Observations): SpectralRows => {
  const source = sourceOf(observations)
  const { name, truth, event } = source.operator
  if (source.std)
    throw new TweedieError(
      'input',
      'expected noise of one standard deviation, got one that differs between entries',
    )
  if (truth)
    throw new TweedieError('input', `expected a known operator, got '${name}' without its parameters`)
  if (source.valid)
    throw new TweedieError('input', `expected no domain: operator '${name}' sees what is outside of it`)
  const { count, observation } = batchedObservations(source)
  const parameters = Object.entries(source.rows(0, 1).operator.parameters)
  const basis = basisOf(
    makeOperator(
      source.operator,
      Object.fromEntries(parameters.map(([key, array]) => [key, constant(array)])),
      event,
    ),
    name,
  )
  const program = jit((batch: ObservationBatch<Tensor>) => {
    const { y, A } = observation(batch)
    const { forward, eigenvalues } = basisOf(A, name)
    const w = forward(A.linear ? A.adjoint(y) : y)
    const lambda = broadcastTo(eigenvalues(w), w.shape)
    const seen = greater(lambda, 0)
    const gain = where(seen, lambda, 1)
    const only = (values: Tensor) => where(seen, values, 0)
    return { y: only(div(w, gain)), mask: only(fullLike(w, 1)), variance: only(reciprocal(gain)) }
  })
  const read = (at: readonly number[]) => {
    const { y, operator } = observationsAt(source, at)
    return program({ y, parameters: operator.parameters, noise: {} })
  }
  const noise = toPrior(source.range).scale * source.noise
  return {
    count,
    event,
    basis,
    noise,
    rowsAt: async (at) => {
      const { y, mask, variance } = await read(at)
      return { y: float32(y), mask: float32(mask), variance: float32(variance) }
    },
    survey: async () => {
      const n = sizeOf(basis.shape)
      const seen = new Float64Array(n)
      let most = 0
      const size = Math.max(1, Math.floor(AT_ONCE / n))
      for (let from = 0; from < count; from += size) {
        const rows = Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i)
        const { mask, variance } = await read(rows)
        const [shown, over] = [float32(mask).data, float32(variance).data]
        for (let i = 0; i < shown.length; i++) seen[i % n] += shown[i]
        most = over.reduce((a, b) => Math.max(a, b), most)
      }
      const never = seen.reduce((total, times) => total + (times === 0 ? 1 : 0), 0)
      if (never > 0)
        throw new TweedieError(
          'input',
          `no observation shows ${never} of ${n} coefficients of operator '${name}'; ` +
            'each must be seen in some',
        )
      const shares = new NdArray(
        'float32',
        basis.shape,
        Float32Array.from(seen, (times) => times / count),
      )
      return { shares, level: noise * Math.sqrt(most) }
    },
    release: program.release,
  }
}
