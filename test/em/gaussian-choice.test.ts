/** The Gaussian start without a rank, on data whose law is known. */
import { expect, it } from 'vitest'
import {
  exactDraw,
  exactMean,
  type GaussianChoice,
  gaussianFinding,
  gaussianStart,
} from '../../src/em/index.ts'
import { batchedObservations, maskedBy, type ObservationSet } from '../../src/observations/index.ts'
import { drawAll, drawSeveral } from '../../src/posterior/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { NdArray, ndarray } from '../../src/tensor/index.ts'

/** x = U z + √d e of so many factors, in the units of the prior, and masked noisy observations of it. */
const problem = (count: number, size: number, rank: number, { std = 0.3, keep = 0.6, noise = 0.05 } = {}) => {
  const U = normal(stream(0, 'U'), [size, rank]).data
  const z = normal(stream(0, 'z'), [count, rank]).data
  const e = normal(stream(0, 'e'), [count, size]).data
  const n = normal(stream(0, 'n'), [count, size]).data
  const mask = bernoulli(stream(0, 'mask'), keep, [count, size])
  const x = Float64Array.from({ length: count * size }, (_, k) => {
    const [i, p] = [Math.floor(k / size), k % size]
    let value = 0.2 + std * (0.5 + (p % 3) / 2) * e[k]
    for (let j = 0; j < rank; j++) value += (0.8 / Math.sqrt(rank)) * U[p * rank + j] * z[i * rank + j]
    return value
  })
  const set: ObservationSet = {
    y: ndarray(
      x.map((v, k) => (mask.data[k] === 0 ? 0 : v + noise * n[k])),
      [count, size],
    ),
    operator: maskedBy(mask, [size]),
    noise,
    range: [-2, 2],
  }
  return { x, set, hidden: mask.data.map((m) => 1 - m) }
}

const fitted = async (set: ObservationSet) => {
  let choice: GaussianChoice | undefined
  const gaussian = await gaussianStart(set, { onChoice: (found) => (choice = found) })
  if (!choice) throw new Error('nothing was chosen')
  return { gaussian, choice }
}

/** Share of hidden entries inside their central 90 % interval of the exact posterior, and the RMSE there. */
const judged = async (
  { x, set, hidden }: ReturnType<typeof problem>,
  gaussian: Awaited<ReturnType<typeof fitted>>['gaussian'],
) => {
  const batched = batchedObservations(set)
  const solved = { iterations: 1000, tolerance: 1e-3 }
  const middle = exactMean(gaussian, batched, solved)
  const draw = exactDraw(gaussian, batched, solved)
  const mean = await drawAll(
    middle,
    batched,
    { stream: (name: string) => stream(0, name), lap: 0 },
    { batch: 64 },
  )
  const draws = await drawSeveral(draw, batched, { draws: 200, batch: 64, seed: 0 })
  await middle.release()
  await draw.release()
  let [inside, squares, count] = [0, 0, 0]
  for (let k = 0; k < x.length; k++) {
    if (hidden[k] === 0) continue
    const own = Array.from({ length: 200 }, (_, d) => draws.data[d * x.length + k]).sort((a, b) => a - b)
    inside += x[k] >= own[9] && x[k] <= own[190] ? 1 : 0
    squares += (x[k] - mean.data[k]) ** 2
    count++
  }
  return { coverage: inside / count, rmse: Math.sqrt(squares / count) }
}

it.each([1, 2, 4])('of masked observations finds the number of factors: %s', async (rank) => {
  const { choice } = await fitted(problem(400, 30, rank).set)
  expect(choice.rank).toBe(rank)
  expect(choice.gain.mean).toBeGreaterThan(10 * choice.gain.error)
  expect(gaussianFinding(choice)).toContain(rank === 1 ? 'of 1 factor, ' : `of ${rank} factors, `)
  const field = { kernel: 'exponential', range: 1.5, share: 0, scale: 1, channels: 0 } as const
  expect(gaussianFinding({ ...choice, field })).toContain(' beside an exponential field of range 1.5, ')
})

it.each([20, 40, 80])('of %s observations of 100 entries keeps its width', async (count) => {
  const made = problem(count, 100, 3, { keep: 0.5 })
  const { gaussian } = await fitted(made.set)
  const { coverage, rmse } = await judged(made, gaussian)
  expect(coverage).toBeGreaterThan(0.8)
  expect(coverage).toBeLessThan(0.97)
  expect(rmse).toBeLessThan(count === 20 ? 0.8 : 0.55) // 0.92 without factors, 0.32 at best
})

it('says so when entries have nothing to do with each other', async () => {
  const made = problem(300, 20, 1)
  const alone = made.set.operator.parameters.mask.data.map(
    (m, k) => m * Number(normal(stream(4, 'e'), [6000]).data[k]),
  )
  const { choice } = await fitted({ ...made.set, y: ndarray(alone, [300, 20]) })
  expect(choice.gain.mean).toBeLessThan(0.03)
})

it('draws entries that are never seen with the spread of the others', async () => {
  const made = problem(60, 30, 2)
  const mask = new NdArray(
    'float32',
    [60, 30],
    made.set.operator.parameters.mask.data.map((m, k) => (k % 30 < 5 ? 0 : m)),
  )
  const y = new NdArray(
    'float32',
    [60, 30],
    made.set.y.data.map((v, k) => v * mask.data[k]),
  )
  const { gaussian } = await fitted({ ...made.set, y, operator: maskedBy(mask, [30]) })
  const { covariance } = gaussian
  if (covariance.kind !== 'lowRank' || typeof covariance.variance === 'number')
    throw new Error('not as fitted')
  const variance = covariance.variance
  const [r, u] = [covariance.factor.shape[1], covariance.factor.data]
  const total = Array.from({ length: 30 }, (_, p) => {
    const row = Array.from({ length: r }, (_, j) => Number(u[p * r + j]) ** 2)
    return Number(variance.data[p]) + row.reduce((a, b) => a + b, 0)
  })
  const average = total.slice(5).reduce((a, b) => a + b, 0) / 25
  for (const v of total.slice(0, 5)) {
    expect(v).toBeGreaterThan(average / 2)
    expect(v).toBeLessThan(2 * average)
  }
})
