/** Conditional denoisers as samplers, against Gaussian posteriors in plain numbers, and a trained one. */
import { inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  type AmortizedSampler,
  basisOf,
  conditionalObjective,
  conditionLayout,
  conditionShape,
  type DenoiserConfig,
  type DenoiserSteps,
  denoiserConfig,
  flowParamsOf,
  freshDenoiser,
  gaussianOf,
  initFlowState,
  measurementsOf,
  oneStep,
  restore,
  samplerOperator,
} from '../../src/amortize/index.ts'
import {
  type Gaussian,
  gaussianAnisotropic,
  preconditionedAnisotropic,
  standardGaussian,
} from '../../src/diffusion/index.ts'
import { exactSolve, fullRank, isotropic, lowRank } from '../../src/linalg/index.ts'
import { linearRate, type NetworkConfig, network, networkFor } from '../../src/nn/index.ts'
import {
  noiseRangeOf,
  type ObservationSet,
  type OperatorSetting,
  observe,
} from '../../src/observations/index.ts'
import { applyAffine, fromPrior, makeOperator, toPrior } from '../../src/operators/index.ts'
import { normal, normalBatch, stream } from '../../src/random/index.ts'
import {
  frozen,
  jit,
  mapArrays,
  NdArray,
  ndarray,
  type Shape,
  sizeOf,
  type Tensor,
  toNumbers,
  zeros,
} from '../../src/tensor/index.ts'
import { trainer } from '../../src/training/index.ts'
import { expectClose, f64 } from '../numbers.ts'

const RANGE = [0, 1] as const
const NOISE = 0.1 // 0.4 in the units of the prior
const RANK = 3

const rowsOf = (values: readonly number[], columns: number): Matrix =>
  Matrix.from1DArray(values.length / columns, columns, [...values])

/** N(μ, 0.1 I + U Uᵀ) over n entries, in the units of the prior. */
const gaussianOver = (n: number): Gaussian & { readonly S: Matrix; readonly mu: Matrix } => {
  const factor = ndarray(
    toNumbers(normal(stream(1, 'factor'), [n, RANK])).map((v) => 0.5 * v),
    [n, RANK],
  )
  const mean = normal(stream(1, 'mean'), [n])
  const U = rowsOf(toNumbers(factor), RANK)
  return {
    mean,
    covariance: lowRank(0.1, factor),
    S: U.mmul(U.transpose()).add(Matrix.eye(n).mul(0.1)),
    mu: Matrix.columnVector(toNumbers(mean)),
  }
}

const draws = (count: number, { S, mu }: { S: Matrix; mu: Matrix }, event: Shape): NdArray<'float32'> => {
  const n = sizeOf(event)
  const z = rowsOf(toNumbers(normalBatch(stream(2, 'x'), { observation: [...Array(count).keys()] }, [n])), n)
  const L = cholesky(S)
  const x = z.mmul(L.transpose()).addRowVector(mu.to1DArray())
  return ndarray(x.to1DArray(), [count, ...event])
}

const cholesky = (M: Matrix): Matrix => {
  const L = Matrix.zeros(M.rows, M.rows)
  for (let i = 0; i < M.rows; i++)
    for (let j = 0; j <= i; j++) {
      let rest = M.get(i, j)
      for (let k = 0; k < j; k++) rest -= L.get(i, k) * L.get(j, k)
      L.set(i, j, i === j ? Math.sqrt(rest) : rest / L.get(j, j))
    }
  return L
}

/** A denoiser for a set whose network says nothing: it is that of the Gaussian. */
const untrained = async (
  set: ObservationSet,
  gaussian: Gaussian,
  net: (shape: Shape) => NetworkConfig,
  steps: DenoiserSteps,
): Promise<AmortizedSampler> => {
  const layout = conditionLayout(set, true, noiseRangeOf(set))
  const measurements = measurementsOf(set, { layout, condition: conditionShape(layout, 'vector') })
  const prior = { gaussian, sigmaMin: 1e-3, sigmaMax: 50 }
  const flow = denoiserConfig(set, layout, measurements, prior, net, steps)
  const { event } = set.operator
  const fresh = await freshDenoiser(flow, gaussian, basisOf(measurements), event, 0)
  return {
    flow,
    params: { ...fresh, weights: mapArrays(({ shape }) => zeros(shape), fresh.weights) },
    event,
    range: RANGE,
    operator: samplerOperator(set.operator),
    condition: layout,
  }
}

/** A as a matrix, for the first observation of a set. */
const matrixOf = async ({ operator }: ObservationSet): Promise<Matrix> => {
  const { event, parameters } = operator
  const n = sizeOf(event)
  const program = jit((x: Tensor, first: Record<string, Tensor>) =>
    makeOperator(operator, first, event).apply(x),
  )
  const eye = ndarray(Matrix.eye(n).to1DArray(), [n, ...event])
  const first = Object.entries(parameters).map(
    ([
      name,
      {
        data,
        shape: [, ...rest],
      },
    ]) => {
      const row = new NdArray('float32', [1, ...rest], Float32Array.from(data).subarray(0, sizeOf(rest)))
      return [name, row] as const
    },
  )
  const columns = toNumbers(await program(eye, Object.fromEntries(first)))
  await program.release()
  return rowsOf(columns, columns.length / n).transpose()
}

/** Mean and covariance of x' given the first observation, in the units of the prior. */
const posteriorOf = async (set: ObservationSet, { S, mu }: { S: Matrix; mu: Matrix }) => {
  const A = await matrixOf(set)
  const { scale, offset } = toPrior(set.range)
  const ones = Matrix.ones(A.columns, 1)
  const first = toNumbers(set.y).slice(0, A.rows)
  const y = Matrix.columnVector(first).mul(scale).add(A.mmul(ones).mul(offset))
  const noise = Matrix.eye(A.rows).mul((scale * (set.std?.data[0] ?? set.noise)) ** 2)
  const K = S.mmul(A.transpose()).mmul(inverse(A.mmul(S).mmul(A.transpose()).add(noise)))
  const seen = Matrix.sub(y, A.mmul(mu))
  // A deleted entry is 0 in y and in A x: it says nothing.
  for (let i = 0; i < A.rows; i++) if (A.getRow(i).every((v) => v === 0)) seen.set(i, 0, 0)
  return { mean: Matrix.add(mu, K.mmul(seen)), covariance: Matrix.sub(S, K.mmul(A).mmul(S)) }
}

/** What the sampler makes of z = 0 and of every unit z, for the first observation, in the prior's units. */
const responseOf = async (sampler: AmortizedSampler, { y, operator, std }: ObservationSet) => {
  const n = sizeOf(sampler.event)
  const z = ndarray([...Array(n).fill(0), ...Matrix.eye(n).to1DArray()], [n + 1, ...sampler.event])
  const first = (a: NdArray<'float32'>) => {
    const [, ...rest] = a.shape
    return new NdArray('float32', [1, ...rest], a.data.subarray(0, sizeOf(rest)))
  }
  const beside = Object.fromEntries(
    Object.keys(sampler.condition.beside).map((name) => [name, first(operator.parameters[name])]),
  )
  const program = jit(oneStep(sampler))
  const { x } = await program({ y: first(y), beside, ...(std ? { noise: ndarray([std.data[0]]) } : {}) }, z)
  await program.release()
  const { scale, offset } = toPrior(sampler.range)
  const all = rowsOf(
    toNumbers(x).map((v) => scale * v + offset),
    n,
  )
  const centre = all.getRow(0)
  const L = all
    .subMatrix(1, n, 0, n - 1)
    .subRowVector(centre)
    .transpose()
  return { mean: centre, covariance: L.mmul(L.transpose()) }
}

const mlp = (shape: Shape) => networkFor({ kind: 'mlp', hidden: [8], emb: 4 }, shape)
const unet = (shape: Shape) => networkFor({ kind: 'unet', channels: [4], blocks: [1], emb: 4 }, shape)

const families: readonly [string, OperatorSetting, Shape, typeof mlp][] = [
  ['masks of vectors', { name: 'mask', settings: { keep: 0.5 } }, [8], mlp],
  ['masks of images', { name: 'mask', settings: { keep: 0.5 } }, [2, 2, 4], unet],
  ['noise alone', { name: 'identity' }, [1, 2, 4], unet],
  ['means of 2×2 pixels', { name: 'pool', settings: { factor: 2 } }, [1, 4, 4], unet],
]

describe('a denoiser that is the Gaussian fit draws from the posterior under it', () => {
  const problem = async (operator: OperatorSetting, event: Shape) => {
    const gaussian = gaussianOver(sizeOf(event))
    const x = applyAffine(fromPrior(RANGE), draws(3, gaussian, event))
    const set = await observe(x, { operator, noise: NOISE, range: RANGE, seed: 4 })
    return { gaussian, set, want: await posteriorOf(set, gaussian) }
  }

  it.each(families)('%s: its mean, and its variance in ten steps', async (_, operator, event, net) => {
    const { gaussian, set, want } = await problem(operator, event)
    const got = await responseOf(await untrained(set, gaussian, net, {}), set)
    expectClose(got.mean, want.mean.to1DArray(), 2e-4)
    const ratio = got.covariance.trace() / want.covariance.trace()
    expect(ratio).toBeGreaterThan(0.9)
    expect(ratio).toBeLessThan(1.1)
  })

  it.each([3, 4, 5, 6])('told the noise, that of its own: seed %i', async (seed) => {
    const gaussian = gaussianOver(8)
    const x = applyAffine(fromPrior(RANGE), draws(3, gaussian, [1, 2, 4]))
    const noise = { from: 0.01, to: 0.3 }
    const set = await observe(x, { operator: { name: 'masks' }, noise, range: RANGE, seed })
    const sampler = await untrained(set, gaussian, unet, { steps: 20 })
    const want = await posteriorOf(set, gaussian)
    const got = await responseOf(sampler, set)
    expectClose(got.mean, want.mean.to1DArray(), 2e-3)
    expect(Math.abs(got.covariance.trace() / want.covariance.trace() - 1)).toBeLessThan(0.05)
  })

  it('the whole covariance by more steps', async () => {
    const { gaussian, set, want } = await problem({ name: 'mask', settings: { keep: 0.5 } }, [8])
    const gapAt = async (steps: number): Promise<number> => {
      const { covariance } = await responseOf(await untrained(set, gaussian, mlp, { steps }), set)
      return Matrix.sub(covariance, want.covariance).norm() / want.covariance.norm()
    }
    expect(await gapAt(40)).toBeLessThan(0.02)
  })
})

describe('restore by a denoiser', () => {
  it('keeps draws, mean and spread, and no density', async () => {
    const gaussian = gaussianOver(8)
    const x = applyAffine(fromPrior(RANGE), draws(3, gaussian, [8]))
    const set = await observe(x, { operator: { name: 'mask' }, noise: NOISE, range: RANGE, seed: 4 })
    const sampler = await untrained(set, gaussian, mlp, {})
    const { draws: drawn, logq, spread } = await restore(sampler, set, { draws: 5, seed: 0 })
    expect([drawn?.shape, spread?.shape, logq]).toEqual([[5, 3, 8], [3, 8], undefined])
    const apart = await restore(sampler, set, { draws: 5, seed: 0, batch: 5 })
    expectClose(toNumbers(apart.draws ?? zeros([0])), toNumbers(drawn ?? zeros([0])), 1e-5)
  })
})

describe('a denoiser is refused', () => {
  const of = async (operator: OperatorSetting, event: Shape, parameters = true, per?: number) => {
    const x = applyAffine(fromPrior(RANGE), draws(2, gaussianOver(sizeOf(event)), event))
    const photons = per === undefined ? {} : { photons: per }
    const set = await observe(x, { operator, noise: NOISE, range: RANGE, seed: 4, ...photons })
    const layout = conditionLayout(set, parameters)
    const measurements = measurementsOf(set, { layout, condition: conditionShape(layout, 'vector') })
    const prior = { gaussian: standardGaussian(sizeOf(event)), sigmaMin: 1e-3, sigmaMax: 50 }
    return () => denoiserConfig(set, layout, measurements, prior, unet)
  }

  it.each([
    ['without the masks', of({ name: 'mask' }, [1, 4, 4], false), /see y and all parameters of 'mask'/],
    ['of projections', of({ name: 'projection' }, [8]), /no basis is known in which 'projection'/],
    ['of blurs', of({ name: 'blur' }, [1, 4, 4]), /'gaussian-blur' is diagonal has no place for points/],
    ['of clipping', of({ name: 'clip' }, [1, 4, 4]), /has to see y and all parameters of 'clip'/],
    ['of shot noise', of({ name: 'identity' }, [1, 4, 4], true, 10), /same noise on all entries/],
  ] as const)('%s', async (_, config, message) => {
    expect(await config).toThrow(message)
  })
})

/** Three correlated entries; the network gets N(0, I) as its fit, so that it has everything to learn. */
describe('a trained denoiser', () => {
  const S = [1.2, 0.8, -0.5, 0.8, 0.9, -0.2, -0.5, -0.2, 0.6]
  const truth: Gaussian = { mean: f64([0.5, -0.3, 0.2]), covariance: fullRank(f64(S, [3, 3])) }
  const parts = { S: rowsOf(S, 3), mu: Matrix.columnVector([0.5, -0.3, 0.2]) }

  it.each([
    ['of one size', NOISE],
    ['that it is told', { from: 0.03, to: 0.3 }],
  ] as const)(
    'is E[x | m] of its draws, whatever was seen, with noise %s',
    { timeout: 90_000 },
    async (_, noise) => {
      const x = draws(4096, parts, [3])
      const data = applyAffine(fromPrior(RANGE), x)
      const operator = { name: 'mask', settings: { keep: 0.5 } }
      const set = await observe(data, { operator, noise, range: RANGE, seed: 4 })
      const layout = conditionLayout(set, true, noiseRangeOf(set))
      const measurements = measurementsOf(set, { layout, condition: conditionShape(layout, 'vector') })
      const prior = { gaussian: standardGaussian(3), sigmaMin: 0.02, sigmaMax: 20 }
      const net = (shape: Shape) => networkFor({ kind: 'mlp', hidden: [64, 64], emb: 16 }, shape)
      const config: DenoiserConfig = denoiserConfig(set, layout, measurements, prior, net)
      const fresh = await freshDenoiser(config, prior.gaussian, basisOf(measurements), [3], 0)
      const streamOf = (purpose: string) => stream(0, purpose)
      const objective = conditionalObjective(config, fresh, x, measurements, streamOf)
      const steps = 1200
      const options = { batch: 256, rate: linearRate(5e-3, 1e-5, steps), adam: { clip: 1 } }
      const { step, release } = trainer(objective, options, streamOf('rows'))
      let state = initFlowState(fresh)
      for (let i = 0; i < steps; i++) ({ state } = await step(state, { step: i }))
      await release()
      const errors = await gapsOf(config, flowParamsOf(state))
      expect(errors.trained).toBeLessThan(0.05)
      expect(errors.fit).toBeGreaterThan(0.2)
    },
  )

  /** RMS of D − E[x | m] over levels and all patterns of masks, of the network and of the fit that it got. */
  const gapsOf = async (config: DenoiserConfig, params: ReturnType<typeof flowParamsOf<NdArray>>) => {
    const sigmas = [0.1, 0.3, 1, 3]
    const { noise } = config
    const levels = typeof noise === 'number' ? [noise] : [0.15, 0.4, 1.1]
    const cases = sigmas.flatMap((sigma) =>
      Array.from({ length: 8 * 32 }, (_, i) => ({
        sigma,
        s: levels[i % levels.length],
        mask: [0, 1, 2].map((bit) => ((i % 8) >> bit) & 1),
      })),
    )
    const tau = cases.flatMap(({ sigma, s, mask }) =>
      mask.map((seen) => Math.sqrt(1 / (1 / sigma ** 2 + seen / s ** 2))),
    )
    const z = toNumbers(normal(stream(7, 'z'), [cases.length, 3]))
    const x = toNumbers(draws(cases.length, parts, [3]))
    const B = cases.length
    const m = ndarray(
      x.map((v, i) => v + tau[i] * z[i]),
      [B, 3],
    )
    const program = jit((m: Tensor, tau: Tensor, sigma: Tensor) => ({
      trained: preconditionedAnisotropic(
        network(config.net),
        frozen(params.weights),
        gaussianOf(config, params),
      )(m, tau, sigma),
      fit: gaussianAnisotropic({ mean: zeros([3]), covariance: isotropic(1) })(m, tau, sigma),
      exact: gaussianAnisotropic(truth, exactSolve())(m, tau, sigma),
    }))
    const sigma = ndarray(cases.map((c) => c.sigma))
    const out = await program(m, ndarray(tau, [B, 3]), sigma)
    await program.release()
    const want = toNumbers(out.exact)
    const rms = (got: NdArray): number =>
      Math.sqrt(toNumbers(got).reduce((sum, v, i) => sum + (v - want[i]) ** 2, 0) / want.length)
    return { trained: rms(out.trained), fit: rms(out.fit) }
  }
})
