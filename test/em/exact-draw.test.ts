import { CholeskyDecomposition, inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import type { Gaussian } from '../../src/diffusion/index.ts'
import { gaussianDraw, gaussianStart } from '../../src/em/index.ts'
import type { ObservationSet } from '../../src/observations/index.ts'
import { batchedObservations, observe, parameterRows } from '../../src/observations/index.ts'
import { makeOperator, requireLinear } from '../../src/operators/index.ts'
import { type BatchDraw, drawAll } from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import type { Settings } from '../../src/settings.ts'
import { cast, jit, mapTensors, NdArray, rows, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { f64 } from '../numbers.ts'
import { denseCovariance } from './dense.ts'

const [SIZE, N, COUNT, RANK, NOISE] = [10, 100, 60, 12, 0.02]

/** A few patterns, far stronger than the noise and far apart in strength, and a little of everything else. */
const latents = (): NdArray<'float32'> => {
  const [weights, white] = [
    normal(stream(1, 'weights'), [COUNT, RANK]),
    normal(stream(1, 'white'), [COUNT, N]),
  ]
  const pattern = (j: number, p: number) =>
    Math.cos((j % 4) * 0.7 * (p % SIZE) + j) *
    Math.cos(Math.floor(j / 4) * 0.9 * Math.floor(p / SIZE) + 0.3 * j)
  const data = Float32Array.from({ length: COUNT * N }, (_, i) => {
    const [k, p] = [Math.floor(i / N), i % N]
    let x = 0.03 * Number(white.data[i])
    for (let j = 0; j < RANK; j++) x += 1.5 * 0.7 ** j * Number(weights.data[k * RANK + j]) * pattern(j, p)
    return x
  })
  return new NdArray('float32', [COUNT, 1, SIZE, SIZE], data)
}

const operators: { name: string; settings: Settings }[] = [
  { name: 'fourier', settings: { acceleration: 4 } },
  { name: 'blur', settings: { sigma: 1.2 } },
  { name: 'mask', settings: { keep: 0.3 } },
]

const observed = (name: string, settings: Settings): Promise<ObservationSet> =>
  observe(latents(), { operator: { name, settings }, noise: NOISE, range: [-2, 2], seed: 3 })

/** Rows of A that see something, and their y, of the first observations: A applied to unit images. */
const matricesOf = async (set: ObservationSet, count: number): Promise<{ A: Matrix; y: Matrix }[]> => {
  const columns = jit((unit: Tensor, parameters: Record<string, Tensor>) => {
    const wide = mapTensors((t) => cast(t, 'float64'), parameters)
    const A = makeOperator(set.operator, wide, [1, SIZE, SIZE])
    return requireLinear(A, 'this test').apply(unit)
  })
  const unit = f64(Matrix.eye(N).to1DArray(), [N, 1, SIZE, SIZE])
  const found: { A: Matrix; y: Matrix }[] = []
  for (let i = 0; i < count; i++) {
    const y = rows(set.y, i, i + 1)
    const out = await columns(unit, parameterRows(set.operator.parameters, COUNT, i, i + 1))
    const At = Matrix.from1DArray(N, y.size, toNumbers(out))
    const kept = Array.from({ length: y.size }, (_, m) => m).filter(
      (m) => Math.max(...At.getColumn(m).map(Math.abs)) > 1e-9,
    )
    found.push({
      A: At.subMatrixColumn(kept).transpose(),
      y: Matrix.columnVector(kept.map((m) => Number(y.data[m]))),
    })
  }
  await columns.release()
  return found
}

/** Mean over observations and entries of log N(y; A μ, A Σ Aᵀ + s²), without its constant. */
const logLikelihood = (fit: Gaussian, seen: readonly { A: Matrix; y: Matrix }[]): number => {
  const [mu, S] = [Matrix.columnVector(toNumbers(fit.mean)), denseCovariance(fit)]
  let [total, entries] = [0, 0]
  for (const { A, y } of seen) {
    const C = A.mmul(S).mmul(A.transpose())
    const cholesky = new CholeskyDecomposition(
      Matrix.add(C, C.transpose())
        .div(2)
        .add(Matrix.eye(A.rows, A.rows, NOISE ** 2)),
    )
    const r = Matrix.sub(y, A.mmul(mu))
    const logDet = 2 * cholesky.lowerTriangularMatrix.diagonal().reduce((sum, l) => sum + Math.log(l), 0)
    total -= (r.dot(cholesky.solve(r)) + logDet) / 2
    entries += A.rows
  }
  return total / entries
}

describe.each(operators)('the Gaussian start through $name', ({ name, settings }) => {
  it('fits the observations better and better over 16 iterations', async () => {
    const set = await observed(name, settings)
    const seen = await matricesOf(set, COUNT)
    const path: number[] = []
    const sizes: number[] = []
    await gaussianStart(set, {
      rank: RANK,
      iterations: 16,
      onIteration: (done, _total, fit) => {
        sizes.push(denseCovariance(fit).trace() / N)
        if (done % 3 === 1) path.push(logLikelihood(fit, seen))
      },
    })
    for (const [i, value] of path.slice(1).entries()) expect(value).toBeGreaterThan(path[i] - 0.01)
    expect(path[5]).toBeGreaterThan(path[0] + 0.2)
    // The latents have a mean square of about 1; a factor that runs away passes this soon.
    expect(Math.max(...sizes)).toBeLessThan(4)
  })
})

describe('exact draws', () => {
  const [strong, weak] = [40, 0.02]
  /** Σ with eigenvalues from 0.02² to 40 (sines: the columns are orthogonal), against noise of 0.02². */
  const prior: Gaussian = {
    mean: new NdArray('float32', [N], new Float32Array(N)),
    covariance: {
      kind: 'lowRank',
      variance: weak ** 2,
      factor: new NdArray(
        'float32',
        [N, RANK],
        Float32Array.from({ length: N * RANK }, (_, i) => {
          const [p, j] = [Math.floor(i / RANK), i % RANK]
          return (
            Math.sqrt((2 * strong * 0.5 ** j) / (N + 1)) * Math.sin((Math.PI * (j + 1) * (p + 1)) / (N + 1))
          )
        }),
      ),
    },
  }
  const at = { stream: (purpose: string) => stream(5, purpose), lap: 0 }

  const drawn = async (
    set: ObservationSet,
    iterations: number,
    tolerance: number,
    use: (draw: BatchDraw) => Promise<NdArray>,
  ): Promise<NdArray> => {
    const draw = gaussianDraw(prior, batchedObservations(set), { kind: 'exact', iterations, tolerance })
    try {
      return await use(draw)
    } finally {
      await draw.release()
    }
  }

  it.each(operators)('are off by no more than allowed in the posterior metric, $name', async (operator) => {
    const set = await observed(operator.name, operator.settings)
    const eight = (draw: BatchDraw) => draw(0, 8, at)
    const want = await drawn(set, 2000, 1e-7, eight)
    const precision = inverse(denseCovariance(prior))
    const entries = set.y.size / COUNT
    for (const tolerance of [0.3, 0.01]) {
      const got = await drawn(set, 2000, tolerance, eight)
      const gaps = (await matricesOf(set, 8)).map(({ A }, i) => {
        const delta = Matrix.columnVector(
          Array.from({ length: N }, (_, p) => Number(got.data[i * N + p]) - Number(want.data[i * N + p])),
        )
        const seen = A.mmul(delta)
        const square = delta.dot(precision.mmul(delta)) + seen.dot(seen) / NOISE ** 2
        return Math.sqrt(square / entries)
      })
      expect(Math.max(...gaps)).toBeLessThan(tolerance * 1.01)
      expect(Math.max(...gaps)).toBeGreaterThan(tolerance / 1e4) // it stopped for being good enough
    }
  })

  it('do not depend on what else is in the batch', async () => {
    const set = await observed('fourier', { acceleration: 4 })
    const batched = batchedObservations(set)
    const [all, few] = await Promise.all(
      [16, 5].map((batch) =>
        drawn(set, 500, 1e-2, (draw) => drawAll(draw, batched, at, { batch, count: 16 })),
      ),
    )
    const [a, b] = [toNumbers(all), toNumbers(few)]
    expect(Math.max(...a.map((v, i) => Math.abs(v - b[i])))).toBeLessThan(1e-5)
  })

  it('are refused when the iterations allowed leave them lost', async () => {
    const set = await observed('fourier', { acceleration: 4 })
    await expect(drawn(set, 4, 1e-3, (draw) => draw(0, 16, at))).rejects.toMatchObject({
      code: 'numeric',
      message: expect.stringMatching(
        /4 iterations of conjugate gradients leave them .* off, expected 1 at most/,
      ),
    })
  })
})
