import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  maskLikeY,
  type ObservationOperator,
  observationsInPriorUnits,
} from '../../src/observations/index.ts'
import { applyAffine, type DataRange, fromPrior, toPrior } from '../../src/operators/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { type NdArray, ndarray } from '../../src/tensor/ndarray.ts'

const range: fc.Arbitrary<DataRange> = fc
  .record({
    low: fc.double({ min: -100, max: 100, noNaN: true }),
    width: fc.double({ min: 0.1, max: 500, noNaN: true }),
  })
  .map(({ low, width }) => [low, low + width])

describe('the affine map between data and prior', () => {
  it('takes the ends of the range to -2 and 2, and its inverse back', () => {
    fc.assert(
      fc.property(range, fc.double({ min: -3, max: 3, noNaN: true }), (r, u) => {
        const [to, from] = [toPrior(r), fromPrior(r)]
        const map = (m: typeof to, x: number) => m.scale * x + m.offset
        expect(map(to, r[0])).toBeCloseTo(-2, 9)
        expect(map(to, r[1])).toBeCloseTo(2, 9)
        expect(map(to, map(from, u))).toBeCloseTo(u, 9)
      }),
    )
    expect(toPrior([0, 1])).toEqual({ scale: 4, offset: -2 })
    expect(fromPrior([0, 1])).toEqual({ scale: 0.25, offset: 0.5 })
  })
})

/** A x for each kind, from its definition. */
const observe = (
  operator: Exclude<ObservationOperator, { kind: 'family' }>,
  x: NdArray<'float32'>,
): number[] => {
  switch (operator.kind) {
    case 'identity':
      return Array.from(x.data)
    case 'mask':
      return Array.from(maskLikeY({ y: x, operator }).data, (m, i) => m * x.data[i])
    case 'projection': {
      const [n, rows, width] = operator.matrix.shape
      return Array.from({ length: n * rows }, (_, row) => {
        const latent = Math.floor(row / rows)
        let sum = 0
        for (let d = 0; d < width; d++)
          sum += operator.matrix.data[row * width + d] * x.data[latent * width + d]
        return sum
      })
    }
  }
}

describe('observations in the prior’s units', () => {
  const s = stream(0, 'units')
  const image = normal(s, [2, 3, 4, 5])
  const cases: {
    name: string
    x: NdArray<'float32'>
    operator: Exclude<ObservationOperator, { kind: 'family' }>
    shape: number[]
  }[] = [
    { name: 'identity', x: image, operator: { kind: 'identity' }, shape: [2, 3, 4, 5] },
    {
      name: 'mask',
      x: image,
      operator: { kind: 'mask', mask: bernoulli(s, 0.4, [2, 3, 4, 5]) },
      shape: [2, 3, 4, 5],
    },
    {
      name: 'shared mask',
      x: image,
      operator: { kind: 'mask', mask: bernoulli(s, 0.4, [2, 1, 4, 5]) },
      shape: [2, 3, 4, 5],
    },
    {
      name: 'projection',
      x: normal(s, [2, 5]),
      operator: { kind: 'projection', matrix: normal(s, [2, 3, 5], { step: 1 }) },
      shape: [2, 3],
    },
  ]

  it.each(cases)('observing commutes with the map: $name', ({ x, operator, shape }) => {
    const range: DataRange = [-1, 7]
    const y = ndarray(observe(operator, x), shape)
    const valid = observationsInPriorUnits({ y, operator, noise: 0.3, range })
    const expected = observe(operator, applyAffine(toPrior(range), x))
    expect(valid.y.shape).toEqual(shape)
    expected.forEach((value, i) => {
      expect(valid.y.data[i]).toBeCloseTo(value, 4)
    })
    expect(valid.noise).toBeCloseTo(0.15, 12)
    expect(valid.range).toEqual([-2, 2])
    expect(valid.operator).toEqual(operator)
  })

  it.each(cases)('changing twice changes nothing more: $name', ({ x, operator, shape }) => {
    const y = ndarray(observe(operator, x), shape)
    const once = observationsInPriorUnits({ y, operator, noise: 0.3, range: [-1, 7] })
    expect(observationsInPriorUnits(once)).toEqual(once)
  })

  it('repeats a shared mask over the channels', () => {
    const operator: ObservationOperator = { kind: 'mask', mask: ndarray([1, 0, 0, 1], [2, 1, 1, 2]) }
    const full = maskLikeY({ y: ndarray(new Float32Array(8), [2, 2, 1, 2]), operator })
    expect(Array.from(full.data)).toEqual([1, 0, 1, 0, 0, 1, 0, 1])
  })
})
