import { describe, expect, it } from 'vitest'
import { constant, zeros } from '../../src/tensor/index.ts'
import {
  adjointGap,
  batchGap,
  derivativeGaps,
  eigenbasisGaps,
  pseudoInverseGap,
  pullbackGap,
  resolventGap,
  shapesOf,
} from '../exact/operator-contract.ts'
import { linearOperators, nonlinearOperators } from './lists/operators.ts'

/** What every linear operator must do; the list is in lists/operators.ts. */
describe.each(linearOperators.map((listed) => ({ title: listed.name, listed })))('$title', ({ listed }) => {
  it('maps [B, ...inShape] to [B, ...outShape] and back', () => {
    const { inShape, outShape } = shapesOf(listed)
    const A = listed.operator(listed.parameters(3).map(constant))
    expect(A.apply(constant(zeros([3, ...inShape], 'float64'))).shape).toEqual([3, ...outShape])
    expect(A.adjoint(constant(zeros([3, ...outShape], 'float64'))).shape).toEqual([3, ...inShape])
  })

  it('⟨Ax, y⟩ = ⟨x, Aᵀy⟩', async () => {
    expect(await adjointGap(listed)).toBeLessThan(1e-10)
    expect(await adjointGap(listed, 'float32')).toBeLessThan(1e-4)
  })

  it('its adjoint is its own vector–Jacobian product', async () => {
    expect(await pullbackGap(listed)).toBeLessThan(1e-12)
  })

  it('A A⁺ A = A', async () => {
    const gap = await pseudoInverseGap(listed)
    if (gap !== undefined) expect(gap).toBeLessThan(1e-10)
  })

  it('AᵀA x = Q λ Qᵀ x with an orthonormal Q', async () => {
    const gaps = await eigenbasisGaps(listed)
    for (const gap of Object.values(gaps ?? {})) expect(gap).toBeLessThan(1e-10)
  })
  // Padding at the edges of an image is left out of the inverse of a blur.
  it.skipIf(/^(family )?(blur|motion|scale)\b(?!.*circular)/.test(listed.name))(
    '(A Aᵀ + ρ) (A Aᵀ + ρ)⁻¹ = I',
    async () => {
      const gap = await resolventGap(listed)
      if (gap !== undefined) expect(gap).toBeLessThan(1e-10)
    },
  )

  it('a sample does not depend on its batch', async () => {
    expect(await batchGap(listed)).toBe(0)
  })
})

it('these operators know the basis in which AᵀA is diagonal', () => {
  const known = linearOperators.filter(
    ({ parameters, operator }) => operator(parameters(1).map(constant)).eigenbasis,
  )
  const kinds = new Set(known.map(({ name }) => name.replace('family ', '').split(/[ ,]/)[0]))
  const own = ['mask', 'box', 'vertices', 'masks', 'identity']
  expect([...kinds].sort()).toEqual(
    [...own, 'pool', 'average-pool', 'bicubic', 'gaussian-blur', 'fourier', 'scaled'].sort(),
  )
})

describe.each(nonlinearOperators.map((listed) => ({ title: listed.name, listed })))(
  '$title',
  ({ listed }) => {
    it('has the derivative that differences have, and its transpose', async () => {
      const { difference, transpose } = await derivativeGaps(listed)
      expect(difference).toBeLessThan(1e-5)
      expect(transpose).toBeLessThan(1e-10)
    })

    it('a sample does not depend on its batch', async () => {
      expect(await batchGap(listed)).toBe(0)
    })
  },
)
