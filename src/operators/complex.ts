/** Complex arrays as pairs of real ones, and their products with fixed complex matrices. */

import { type Dense, dense, matrixOf } from '../linalg/index.ts'
import { add, matmul, mul, neg, sub, type Tensor } from '../tensor/index.ts'

/** re + i im, of equal shapes or shapes that broadcast. */
export interface Complex {
  readonly re: Tensor
  readonly im: Tensor
}

/** A fixed complex matrix. */
export interface ComplexDense {
  readonly re: Dense
  readonly im: Dense
}

/** The matrix whose entries have this modulus and this angle. */
export const polarMatrix = (
  rows: number,
  columns: number,
  modulus: (row: number, column: number) => number,
  angle: (row: number, column: number) => number,
): ComplexDense => ({
  re: dense(matrixOf(rows, columns, (i, j) => modulus(i, j) * Math.cos(angle(i, j)))),
  im: dense(matrixOf(rows, columns, (i, j) => modulus(i, j) * Math.sin(angle(i, j)))),
})

/** a b, entry by entry. */
export const times = (a: Complex, b: Complex): Complex => ({
  re: sub(mul(a.re, b.re), mul(a.im, b.im)),
  im: add(mul(a.re, b.im), mul(a.im, b.re)),
})

/** The conjugate. */
export const conjugate = ({ re, im }: Complex): Complex => ({ re, im: neg(im) })

/** a z for a real. */
export const scaleBy = (a: Tensor, { re, im }: Complex): Complex => ({ re: mul(a, re), im: mul(a, im) })

/** L z over the last two axes. */
export const leftProduct = (L: ComplexDense, z: Complex): Complex => {
  const [re, im] = [L.re(z.re), L.im(z.re)]
  return {
    re: sub(matmul(re, z.re), matmul(im, z.im)),
    im: add(matmul(re, z.im), matmul(im, z.re)),
  }
}

/** z Rᵀ over the last two axes. */
export const rightProduct = (z: Complex, R: ComplexDense): Complex => {
  const [re, im] = [R.re(z.re), R.im(z.re)]
  const by = (a: Tensor, b: Tensor) => matmul(a, b, { transB: true })
  return { re: sub(by(z.re, re), by(z.im, im)), im: add(by(z.re, im), by(z.im, re)) }
}

/** x Rᵀ for a real x. */
export const realRightProduct = (x: Tensor, R: ComplexDense): Complex => ({
  re: matmul(x, R.re(x), { transB: true }),
  im: matmul(x, R.im(x), { transB: true }),
})
