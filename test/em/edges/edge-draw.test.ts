/** Draws under a prior of edges, against posteriors of two entries, whose difference is Laplace. */
import { describe, expect, it } from 'vitest'
import { inverseGaussian } from '../../../src/em/edges/edge-chain.ts'
import { bestEdges, canHaveEdges, edgeDraw } from '../../../src/em/index.ts'
import { maskedBy, type ObservationSet, observe, unchanged } from '../../../src/observations/index.ts'
import { normal, stream, uniform } from '../../../src/random/index.ts'
import { average, jit, NdArray, ndarray, scalar, type Tensor, zeros } from '../../../src/tensor/index.ts'

const COUNT = 4000
const [LAMBDA, SIGMA] = [3, 0.4]

/** Pairs of neighbours in the units of the prior, the second of which is 1 further up where it is seen. */
const pairs = (seesBoth: boolean): ObservationSet => ({
  y: new NdArray(
    'float32',
    [COUNT, 1, 2],
    Float32Array.from({ length: 2 * COUNT }, (_, i) =>
      seesBoth && i % 2 === 1 ? 1.5 : i % 2 === 0 ? 0.5 : 0,
    ),
  ),
  operator: seesBoth
    ? unchanged([1, 2])
    : maskedBy(
        new NdArray(
          'float32',
          [COUNT, 1, 2],
          Float32Array.from({ length: 2 * COUNT }, (_, i) => 1 - (i % 2)),
        ),
        [1, 2],
      ),
  noise: SIGMA,
  range: [-2, 2],
})

const differences = async (set: ObservationSet): Promise<{ first: number[]; step: number[] }> => {
  const draw = edgeDraw(set, zeros([2]), LAMBDA)
  const x = await draw(0, COUNT, { stream: (purpose) => stream(0, purpose), lap: 0 })
  await draw.release()
  const at = (i: number) => Number(x.data[i])
  const rows = Array.from({ length: COUNT }, (_, i) => i)
  return { first: rows.map((i) => at(2 * i)), step: rows.map((i) => at(2 * i + 1) - at(2 * i)) }
}

const variance = (v: readonly number[]): number => {
  const mean = average(v)
  return average(v.map((a) => (a - mean) ** 2))
}

describe('draws under a prior of edges', () => {
  it('are Laplace around a neighbour that was seen', async () => {
    const { first, step } = await differences(pairs(false))
    expect(average(first)).toBeCloseTo(0.5, 1)
    expect(Math.abs(variance(first) / SIGMA ** 2 - 1)).toBeLessThan(0.08)
    expect(Math.abs(average(step))).toBeLessThan(4 * Math.sqrt(2 / LAMBDA ** 2 / COUNT))
    for (const p of [0.25, 0.5, 0.9]) {
      const share = average(step.map((d) => (Math.abs(d) < -Math.log(1 - p) / LAMBDA ? 1 : 0)))
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / COUNT))
    }
  })

  it('have the posterior of a step that was seen, by quadrature', async () => {
    const { step } = await differences(pairs(true))
    let [total, first, second] = [0, 0, 0]
    for (let d = -6; d < 6; d += 1e-3) {
      const p = Math.exp(-((d - 1) ** 2) / (4 * SIGMA ** 2) - LAMBDA * Math.abs(d))
      total += p
      first += p * d
      second += p * d * d
    }
    const [mean, spread] = [first / total, second / total - (first / total) ** 2]
    expect(Math.abs(average(step) - mean)).toBeLessThan(4 * Math.sqrt(spread / COUNT))
    expect(Math.abs(variance(step) / spread - 1)).toBeLessThan(0.1)
  })

  it('weigh differences by inverse Gaussians of the right mean and variance', async () => {
    const n = 200_000
    const [mu, weight] = [0.7, 1.3]
    const program = jit((z: Tensor, u: Tensor, mu: Tensor, weight: Tensor) =>
      inverseGaussian(mu, weight, z, u),
    )
    const w = await program(
      normal(stream(0, 'z'), [n]),
      uniform(stream(0, 'u'), [n]),
      scalar(mu),
      scalar(weight),
    )
    const values = Array.from(w.data, Number)
    expect(Math.abs(average(values) / mu - 1)).toBeLessThan(0.01)
    expect(Math.abs(variance(values) / (mu ** 3 / weight ** 2) - 1)).toBeLessThan(0.05)
  })
})

describe('the weight of edges', () => {
  it('is that of the least score, found from weak to strong', async () => {
    const set = await observe(ndarray([-1, -1, 1, 1, 1, 1, -1, -1, 0, 0, 0, 0], [3, 1, 4]), {
      operator: { name: 'mask', settings: { keep: 0.7 } },
      noise: 0.1,
      range: [-2, 2],
      seed: 0,
    })
    const seen: number[] = []
    const judge = async (draws: NdArray<'float32'>, weight: number) => {
      expect(draws.shape).toEqual([2, 3, 1, 4])
      seen.push(weight)
      return Math.abs(Math.log2(weight) - 2.2)
    }
    const { weight } = await bestEdges(set, zeros([4]), { draws: 2, seed: 0, judge })
    expect([weight, seen]).toEqual([4, [1, 2, 4, 8]])
  })

  it('is not looked for where there are no neighbours, a domain or no linear operator', () => {
    const set = pairs(true)
    expect(canHaveEdges(set)).toBe(true)
    expect(canHaveEdges({ ...set, valid: ndarray([1, 0], [2]) })).toBe(false)
    expect(canHaveEdges({ ...set, operator: unchanged([2]), y: zeros([COUNT, 2]) })).toBe(false)
    expect(canHaveEdges({ ...set, operator: { ...set.operator, name: 'clip' } })).toBe(false)
  })
})
