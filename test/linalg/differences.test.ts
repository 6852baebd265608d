import { describe, expect, it } from 'vitest'
import { gradient, gradientAdjoint, gradientDiagonal } from '../../src/linalg/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { jit, mul, NdArray, ndarray, reshape, sum, type Tensor, toNumbers } from '../../src/tensor/index.ts'

const normals = (name: string, shape: readonly number[]): NdArray<'float64'> => {
  const z = normal(stream(0, name), shape)
  return new NdArray('float64', shape, Float64Array.from(z.data, Number))
}

describe('differences of neighbours', () => {
  it('are of each entry and the next along every axis, 0 at the far border', async () => {
    const g = await jit(gradient)(ndarray([1, 2, 4, 8, 16, 32], [1, 1, 2, 3]))
    expect(g.shape).toEqual([1, 2, 1, 2, 3])
    expect(toNumbers(g)).toEqual([7, 14, 28, 0, 0, 0, 1, 2, 0, 8, 16, 0])
  })

  it.each([[[2, 3, 5, 4]], [[2, 1, 7]], [[1, 2, 1, 6]]])('have their transpose on %o', async (shape) => {
    const x = normals('x', shape)
    const axes = shape.slice(2).filter((d) => d > 1).length
    const p = normals('p', [shape[0], axes, ...shape.slice(1)])
    const both = jit((x: Tensor, p: Tensor) => ({
      there: sum(mul(gradient(x), p)),
      back: sum(mul(x, gradientAdjoint(p, x))),
    }))
    const { there, back } = await both(x, p)
    expect(Math.abs(toNumbers(there)[0] - toNumbers(back)[0])).toBeLessThan(1e-12)
  })

  it('have the diagonal of ∇ᵀ diag(w) ∇', async () => {
    const [h, w] = [3, 4]
    const weights = new NdArray('float64', [1, 1, 1, h, w], normals('w', [h * w]).data.map(Math.abs))
    const units = new Float64Array((h * w) ** 2)
    for (let i = 0; i < h * w; i++) units[i * (h * w + 1)] = 1
    const program = jit((x: Tensor, weights: Tensor) => ({
      dense: reshape(gradientAdjoint(mul(weights, gradient(x)), x), [h * w, h * w]),
      diagonal: gradientDiagonal(weights, x),
    }))
    const { dense, diagonal } = await program(new NdArray('float64', [h * w, 1, h, w], units), weights)
    for (let i = 0; i < h * w; i++)
      expect(Number(diagonal.data[i])).toBeCloseTo(Number(dense.data[i * (h * w + 1)]), 12)
  })
})
