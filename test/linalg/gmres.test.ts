import { expect, it } from 'vitest'
import { gmres } from '../../src/linalg/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { add, jit, matmul, mul, ndarray, sub, type Tensor, toNumbers } from '../../src/tensor/index.ts'

/** C = s² I + w L Lᵀ, L a matrix of ones below the diagonal: 8 iterations of 64 solve it for a small w. */
const SIZE = 64
const ones = (lower: boolean) =>
  ndarray(
    Array.from({ length: SIZE ** 2 }, (_, i) =>
      Number(lower ? i % SIZE <= Math.floor(i / SIZE) : i % SIZE >= Math.floor(i / SIZE)),
    ),
    [SIZE, SIZE],
    'float64',
  )

it.each([8, 12, 30, 60])('%i iterations stay at a solution that 8 find', async (iterations) => {
  const b = ndarray(toNumbers(normal(stream(0, 'b'), [4, SIZE])), [4, SIZE], 'float64')
  const residual = jit((b: Tensor, lower: Tensor, upper: Tensor) => {
    const C = (v: Tensor) => add(mul(v, 0.0625), mul(matmul(matmul(v, lower), upper), 1e-4))
    return sub(C(gmres({ iterations })(C, b)), b)
  })
  const left = toNumbers(await residual(b, ones(true), ones(false)))
  await residual.release()
  // Without a stop, rounding became basis vectors, and the answer was off by several times b.
  expect(Math.hypot(...left) / Math.hypot(...toNumbers(b))).toBeLessThan(1e-6)
})
