/** What every operator must satisfy (E1); those in use are in test/contract/lists/operators.ts. */
import { linearAt } from '../../src/operators/index.ts'
import {
  abs,
  add,
  alignTo,
  constant,
  div,
  greater,
  jit,
  max,
  maximum,
  mul,
  type NdArray,
  ndarray,
  rows,
  type Shape,
  sizeOf,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  toNumbers,
  vjp,
  where,
} from '../../src/tensor/index.ts'
import {
  type Listed,
  type ListedNonlinear,
  linearOperators,
  nonlinearOperators,
  values,
} from '../contract/lists/operators.ts'
import { atMost, type Gate } from './gate.ts'

/** Element types in which operators are checked. */
export type Float = 'float32' | 'float64'

const as = (dtype: Float, array: NdArray): NdArray => ndarray(toNumbers(array), array.shape, dtype)

/** Shapes of one x and one y. */
export const shapesOf = ({
  parameters,
  operator,
}: Listed | ListedNonlinear): { inShape: Shape; outShape: Shape } => {
  const { inShape, outShape } = operator(parameters(1).map(constant))
  return { inShape, outShape }
}

/** Parameters, latents and observations of a batch; sample i is the same in every batch. */
const problem = (listed: Listed | ListedNonlinear, batch: number, dtype: Float) => {
  const { inShape, outShape } = shapesOf(listed)
  return {
    p: listed.parameters(batch).map((a) => as(dtype, a)),
    x: as(dtype, values('x', batch, inShape)),
    y: as(dtype, values('y', batch, outShape)),
  }
}

const perSample = (x: Tensor): Tensor => sum(x, { axes: x.shape.map((_, i) => i).slice(1) })

const worst = (array: NdArray): number =>
  Math.max(0, ...toNumbers(array).map((v) => (Number.isFinite(v) ? v : Infinity)))

/** |⟨Ax, y⟩ − ⟨x, Aᵀy⟩| / (‖Ax‖ ‖y‖), the worst of a batch. */
export const adjointGap = async (listed: Listed, dtype: Float = 'float64', batch = 3): Promise<number> => {
  const { p, x, y } = problem(listed, batch, dtype)
  const program = jit((p: readonly Tensor[], x: Tensor, y: Tensor) => {
    const A = listed.operator(p)
    const image = A.apply(x)
    const size = sqrt(mul(perSample(square(image)), perSample(square(y))))
    const gap = sub(perSample(mul(image, y)), perSample(mul(x, A.adjoint(y))))
    return div(abs(gap), maximum(size, 1e-30))
  })
  const gap = worst(await program(p, x, y))
  await program.release()
  return gap
}

/** max |Aᵀy − (the vector–Jacobian product of A)|: the adjoint against differentiation. */
export const pullbackGap = async (listed: Listed): Promise<number> => {
  const { p, x, y } = problem(listed, 2, 'float64')
  const program = jit((p: readonly Tensor[], x: Tensor, y: Tensor) => {
    const A = listed.operator(p)
    return abs(sub(A.adjoint(y), vjp(A.apply(x), x, y)))
  })
  const gap = worst(await program(p, x, y))
  await program.release()
  return gap
}

/** max |A A⁺ A x − A x|; undefined for operators without a pseudo-inverse. */
export const pseudoInverseGap = async (listed: Listed): Promise<number | undefined> => {
  const { p, x } = problem(listed, 2, 'float64')
  if (!listed.operator(p.map(constant)).pinv) return undefined
  const program = jit((p: readonly Tensor[], x: Tensor) => {
    const A = listed.operator(p)
    const image = A.apply(x)
    return abs(sub(A.apply(A.pinv?.(image) ?? x), image))
  })
  const gap = worst(await program(p, x))
  await program.release()
  return gap
}

/**
 * Of the basis in which AᵀA is diagonal: max |AᵀA x − Q λ Qᵀ x|, max |Q Qᵀ x − x| and
 * max |⟨Qᵀ x, c⟩ − ⟨x, Q c⟩| over a batch, and where it deletes how far a λ > 0 is below half of the largest;
 * undefined for operators without one.
 */
export const eigenbasisGaps = async (
  listed: Listed,
): Promise<{ product: number; inverse: number; transpose: number; deletes: number } | undefined> => {
  const { p, x } = problem(listed, 3, 'float64')
  const basis = listed.operator(p.map(constant)).eigenbasis
  if (!basis) return undefined
  if (sizeOf(basis.shape) !== sizeOf(x.shape.slice(1)))
    throw new Error('a basis has as many vectors as x entries')
  const program = jit((p: readonly Tensor[], x: Tensor, c: Tensor) => {
    const A = listed.operator(p)
    const { forward, inverse, eigenvalues } = A.eigenbasis ?? basis
    const own = forward(x)
    const lambda = eigenvalues(own)
    const tooSmall = where(greater(lambda, 0), maximum(sub(mul(max(lambda), 0.5), lambda), 0), 0)
    return {
      deletes: basis.deletes ? tooSmall : mul(tooSmall, 0),
      product: abs(sub(A.adjoint(A.apply(x)), inverse(mul(own, lambda)))),
      inverse: abs(sub(inverse(own), x)),
      transpose: abs(sub(perSample(mul(own, c)), perSample(mul(x, inverse(c))))),
    }
  })
  const gaps = await program(p, x, as('float64', values('c', 3, basis.shape)))
  await program.release()
  return {
    product: worst(gaps.product),
    inverse: worst(gaps.inverse),
    transpose: worst(gaps.transpose),
    deletes: worst(gaps.deletes),
  }
}

/**
 * max |(A Aᵀ + ρ I) r − y| for r = (A Aᵀ + ρ I)⁻¹ y, ρ = 0.1 and 1; undefined for operators that do not say
 * what r is.
 */
export const resolventGap = async (listed: Listed): Promise<number | undefined> => {
  const { p, y } = problem(listed, 2, 'float64')
  if (!listed.operator(p.map(constant)).resolvent) return undefined
  const program = jit((p: readonly Tensor[], y: Tensor, ridge: Tensor) => {
    const A = listed.operator(p)
    const r = A.resolvent?.(y, ridge) ?? y
    return abs(sub(add(A.apply(A.adjoint(r)), mul(r, alignTo(ridge, r))), y))
  })
  const gap = worst(await program(p, y, ndarray([0.1, 1], [2], 'float64')))
  await program.release()
  return gap
}

/** Largest difference in A x between samples in a batch and the same samples alone. */
export const batchGap = async (listed: Listed | ListedNonlinear): Promise<number> => {
  const { p, x } = problem(listed, 5, 'float64')
  const program = jit((p: readonly Tensor[], x: Tensor) => listed.operator(p).apply(x))
  const together = toNumbers(await program(p, x))
  const alone: number[] = []
  for (let i = 0; i < 5; i++) {
    alone.push(
      ...toNumbers(
        await program(
          p.map((a) => rows(a, i, i + 1)),
          rows(x, i, i + 1),
        ),
      ),
    )
  }
  await program.release()
  return Math.max(...together.map((v, i) => Math.abs(v - alone[i])))
}

/**
 * Step of the finite differences: far above the rounding of f64, far below the curvature of the operators.
 */
const STEP = 1e-5

/**
 * Gaps of the derivative A'(x) of a non-linear operator: |A'(x) v − (A(x + hv) − A(x − hv))/2h| / |A'(x) v|,
 * and
 * |⟨A'(x) v, w⟩ − ⟨v, A'(x)ᵀ w⟩| / (|A'(x) v| |w|), over a batch.
 */
export const derivativeGaps = async (
  listed: ListedNonlinear,
): Promise<{ difference: number; transpose: number }> => {
  const p = listed.parameters(3)
  const { inShape, outShape } = listed.operator(listed.parameters(1).map(constant))
  const [x, v, w] = [values('x', 3, inShape), values('v', 3, inShape), values('w', 3, outShape)]
  const program = jit((p: readonly Tensor[], x: Tensor, v: Tensor, w: Tensor) => {
    const A = listed.operator(p)
    const dA = linearAt(A, x)
    const forward = dA.apply(v)
    const step = mul(v, STEP)
    const measured = mul(sub(A.apply(add(x, step)), A.apply(sub(x, step))), 0.5 / STEP)
    const size = sqrt(perSample(square(forward)))
    const gap = sub(perSample(mul(forward, w)), perSample(mul(v, dA.adjoint(w))))
    return {
      difference: div(sqrt(perSample(square(sub(forward, measured)))), size),
      transpose: div(abs(gap), mul(size, sqrt(perSample(square(w))))),
    }
  })
  const { difference, transpose } = await program(p, x, v, w)
  await program.release()
  return { difference: worst(difference), transpose: worst(transpose) }
}

/** E1. */
export const operatorGates = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const listed of linearOperators) {
    const { name } = listed
    gates.push(atMost(`E1 adjoint f64 ${name}`, await adjointGap(listed), 1e-10))
    gates.push(atMost(`E1 adjoint f32 ${name}`, await adjointGap(listed, 'float32'), 1e-4))
    gates.push(atMost(`E1 batch ${name}`, await batchGap(listed), 1e-12))
    const inverse = await pseudoInverseGap(listed)
    if (inverse !== undefined) gates.push(atMost(`E1 pseudo-inverse ${name}`, inverse, 1e-10))
  }
  for (const listed of nonlinearOperators) {
    const { difference, transpose } = await derivativeGaps(listed)
    gates.push(atMost(`E1 derivative ${listed.name}`, difference, 1e-5))
    gates.push(atMost(`E1 derivative transposed ${listed.name}`, transpose, 1e-10))
  }
  return gates
}
