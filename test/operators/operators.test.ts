import { describe, expect, it } from 'vitest'
import { covarianceTimes } from '../../src/linalg/index.ts'
import { diagonalNoise, identity, isotropicNoise, mask, projection } from '../../src/operators/index.ts'
import { constant, jit, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, f64 } from '../numbers.ts'

describe('mask', () => {
  it('deletes entries, shared over channels', async () => {
    const m = ndarray([1, 0, 0, 1], [1, 1, 2, 2])
    const x = ndarray([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2])
    const y = await jit((x: Tensor, m: Tensor) => mask(m, [2, 2, 2]).apply(x))(x, m)
    expect(toNumbers(y)).toEqual([1, 0, 0, 4, 5, 0, 0, 8])
  })
})

describe('projection', () => {
  it('multiplies each sample by its own matrix', async () => {
    const p = f64([1, 0, 2, 0, 1, 0, 3, 0, 0, 0, 0, -1], [2, 2, 3])
    const x = f64([1, 2, 3, 4, 5, 6], [2, 3])
    const y = await jit((x: Tensor, p: Tensor) => projection(p).apply(x))(x, p)
    expect(toNumbers(y)).toEqual([7, 2, 12, -6])
  })

  it('one matrix may serve the whole batch', async () => {
    const p = constant(f64([1, 1], [1, 1, 2]))
    const A = projection(p)
    expect(A.inShape).toEqual([2])
    const back = await jit((y: Tensor) => A.adjoint(y))(f64([3, 5], [2, 1]))
    expect(toNumbers(back)).toEqual([3, 3, 5, 5])
  })

  it('names the shapes that do not fit', () => {
    expect(() => projection(constant(f64([1, 2], [1, 1, 2])), [3])).toThrow(/projection.*\[1,1,2\].*\[3\]/)
    expect(() => projection(constant(f64([1, 2], [1, 2])))).toThrow(/projection/)
  })
})

describe('noise', () => {
  it('multiplies by its covariance: the square of the standard deviation', async () => {
    const v = f64([1, -2], [1, 2])
    expectClose(
      toNumbers(await jit((v: Tensor) => covarianceTimes(isotropicNoise(0.1), v))(v)),
      [0.01, -0.02],
      1e-15,
    )
    const std = f64([0.5, 3])
    expectClose(
      toNumbers(await jit((v: Tensor) => covarianceTimes(diagonalNoise(std), v))(v)),
      [0.25, -18],
      1e-13,
    )
    const fed = jit((v: Tensor, s: Tensor) => covarianceTimes(diagonalNoise(s), v))
    expectClose(toNumbers(await fed(v, std)), [0.25, -18], 1e-13)
  })
})

it('identity is the identity', () => {
  const x = constant(f64([1, 2], [1, 2]))
  expect(identity([2]).apply(x)).toBe(x)
  expect(identity([2]).pinv?.(x)).toBe(x)
})
