/** Non-linear operators and combinations, against what they are by definition. */
import { describe, expect, it } from 'vitest'
import {
  averagePool,
  clipping,
  compose,
  identity,
  jpeg,
  linearAt,
  mask,
  type Operator,
  phaseRetrieval,
  scaled,
  stacked,
} from '../../src/operators/index.ts'
import { quantisationStep } from '../../src/operators/jpeg.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import { constant, full, jit, type NdArray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, f64 } from '../numbers.ts'

const applied = async (A: Operator, x: NdArray): Promise<number[]> => {
  const program = jit((x: Tensor) => A.apply(x))
  const y = toNumbers(await program(x))
  await program.release()
  return y
}

const double = (x: NdArray): NdArray<'float64'> => f64(toNumbers(x), x.shape)

describe('phase retrieval', () => {
  const x = double(normal(stream(0, 'x'), [1, 1, 4, 6]))

  it('keeps the energy, and sees neither shift-like signs nor the mirror image', async () => {
    const A = phaseRetrieval([1, 4, 6])
    expect(A.outShape).toEqual([1, 8, 12])
    const y = await applied(A, x)
    const energy = (v: readonly number[]) => v.reduce((a, b) => a + b * b, 0)
    expect(energy(y)).toBeCloseTo(energy(toNumbers(x)), 9)
    const flipped = f64(
      toNumbers(x)
        .map((v) => -v)
        .reverse(),
      x.shape,
    )
    expectClose(await applied(A, flipped), y, 1e-9)
  })

  it('of a point is flat, and has finite derivatives at nothing', async () => {
    const point = f64(
      Array.from({ length: 24 }, (_, i) => (i === 9 ? 2 : 0)),
      [1, 1, 4, 6],
    )
    expectClose(await applied(phaseRetrieval([1, 4, 6]), point), Array(96).fill(2 / Math.sqrt(96)), 1e-9)
    const slope = jit((x: Tensor, v: Tensor) => linearAt(phaseRetrieval([1, 4, 6]), x).apply(v))
    const dark = full([1, 1, 4, 6], 0)
    expect(toNumbers(await slope(dark, dark)).every(Number.isFinite)).toBe(true)
  })
})

it.each([
  ['clipping: needs', () => clipping([4], { low: 1, high: 0 })],
  ['clipping: needs', () => clipping([4], { gain: 0 })],
  ['jpeg: needs', () => jpeg([1, 8, 8], { quality: 0 })],
  ['phase: oversampling must be at least 1', () => phaseRetrieval([1, 8, 8], 0.5)],
  ['scaled: the factor must be finite and not 0', () => scaled(identity([4]), 0)],
] as const)('refuses settings that mean nothing: %s', (words, make) => {
  expect(make).toThrow(words)
})

it('clipping raises contrast around the middle and cuts', async () => {
  const x = f64([0, 0.25, 0.4, 0.5, 0.7, 1], [1, 6])
  expectClose(await applied(clipping([6]), x), [0, 0, 0.3, 0.5, 0.9, 1], 1e-15)
  const y = f64([-1, -0.2, 0.6], [1, 3])
  expectClose(await applied(clipping([3], { gain: 2, low: -1, high: 1 }), y), [-1, -0.4, 1], 1e-15)
})

describe('jpeg', () => {
  it('quantises with the table of the standard', () => {
    expect([0, 1, 7].map((k) => quantisationStep(50, k, k))).toEqual([16, 12, 99])
    expect([quantisationStep(100, 0, 0), quantisationStep(10, 0, 0), quantisationStep(10, 7, 7)]).toEqual([
      1, 80, 255,
    ])
  })

  const photo = double(uniform(stream(0, 'photo'), [1, 2, 13, 18]))

  it('loses little at quality 100, more at 10, nothing of a grey image on the grid', async () => {
    const gap = async (quality: number) => {
      const y = await applied(jpeg([2, 13, 18], { quality }), photo)
      return Math.max(...y.map((v, i) => Math.abs(v - toNumbers(photo)[i])))
    }
    const [fine, rough] = [await gap(100), await gap(10)]
    expect(fine).toBeLessThan(0.02)
    expect(rough).toBeGreaterThan(0.1)
    const grey = double(full([1, 1, 9, 9], 128 / 255))
    expectClose(await applied(jpeg([1, 9, 9], { quality: 10 }), grey), toNumbers(grey), 1e-6)
  })

  it('does not change with the units', async () => {
    const wide = f64(
      toNumbers(photo).map((v) => 4 * v - 2),
      photo.shape,
    )
    const plain = await applied(jpeg([2, 13, 18]), photo)
    const got = await applied(jpeg([2, 13, 18], { low: -2, high: 2 }), wide)
    expectClose(
      got,
      plain.map((v) => 4 * v - 2),
      1e-9,
    )
  })
})

describe('combinations', () => {
  const x = f64([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 4])
  const m = constant(f64([1, 0, 0, 1, 1, 1, 0, 0], [1, 1, 2, 4]))

  it('compose, stack and scale', async () => {
    expectClose(await applied(compose(averagePool([1, 2, 4], 2), mask(m)), x), [3, 1], 1e-15)
    const both = stacked([averagePool([1, 2, 4], 2), mask(m)])
    expect(both.outShape).toEqual([10])
    expectClose(await applied(both, x), [3.5, 5.5, 1, 0, 0, 4, 5, 6, 0, 0], 1e-15)
    expectClose(await applied(scaled(averagePool([1, 2, 4], 2), -2), x), [-7, -11], 1e-15)
  })

  it('are linear when their parts are', () => {
    const [linear, other] = [identity([3]), clipping([3])]
    expect(
      [compose(linear, linear), stacked([linear, linear]), scaled(linear, 2)].map((A) => A.linear),
    ).toEqual([true, true, true])
    expect([compose(linear, other), stacked([linear, other]), scaled(other, 2)].map((A) => A.linear)).toEqual(
      [false, false, false],
    )
  })

  it('name shapes that do not fit', () => {
    expect(() => compose(mask(m), averagePool([1, 2, 4], 2))).toThrow(
      'compose: mask takes [1,2,4], average-pool gives [1,1,2]',
    )
    expect(() => stacked([identity([3]), identity([4])])).toThrow('identity takes [3], identity takes [4]')
    expect(() => stacked([])).toThrow('stacked: needs at least one operator')
  })
})
