/** Products of fields with the correlations of their places. */
import { jit, matmul, type NdArray, ndarray, type Tensor, toNumbers } from '../tensor/index.ts'
import type { Field } from './fields.ts'

/** A R [M, P] and A R Aᵀ [M, M] of correlations R [P, P]. */
export interface Seen {
  readonly cross: Float64Array
  readonly gram: Float64Array
}

/** Products of fields with correlations R [P, P]. */
export interface Products {
  of(field: Field, R: Float64Array): Promise<Seen>
  release(): Promise<void>
}

/** Products of fields with correlations; those with matrices by a program, since they are large. */
export const correlationProducts = (): Products => {
  const product = jit((a: Tensor, b: Tensor) => matmul(a, b))
  const productT = jit((a: Tensor, b: Tensor) => matmul(a, b, { transB: true }))
  const flat = (array: NdArray): Float64Array =>
    array.data instanceof Float64Array ? array.data : Float64Array.from(toNumbers(array))
  const of = async ({ rows, variance }: Field, R: Float64Array): Promise<Seen> => {
    const [m, p] = [variance.length, Math.sqrt(R.length)]
    if (rows.kind === 'entries') {
      const cross = new Float64Array(m * p)
      for (const [j, entry] of rows.at.entries()) cross.set(R.subarray(entry * p, (entry + 1) * p), j * p)
      const gram = Float64Array.from(
        { length: m * m },
        (_, k) => R[rows.at[Math.floor(k / m)] * p + rows.at[k % m]],
      )
      return { cross, gram }
    }
    const A = ndarray(rows.matrix, [m, p], 'float64')
    const cross = await product(A, ndarray(R, [p, p], 'float64'))
    return { cross: flat(cross), gram: flat(await productT(cross, A)) }
  }
  const release = async () => {
    await product.release()
    await productT.release()
  }
  return { of, release }
}
