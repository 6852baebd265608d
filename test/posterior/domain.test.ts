/** A problem with a domain is the problem cut to what is inside. */
import { describe, expect, it } from 'vitest'
import {
  denoisingLoss,
  exponentialSchedule,
  type Gaussian,
  gaussianDenoiser,
  inDomain,
  normalOutside,
} from '../../src/diffusion/index.ts'
import { exactMean, gaussianStart } from '../../src/em/index.ts'
import { cg, fullRank } from '../../src/linalg/index.ts'
import {
  batchedObservations,
  maskedBy,
  type ObservationBatch,
  type ObservationSet,
  projectedBy,
  unchanged,
} from '../../src/observations/index.ts'
import { domainOf, toPrior } from '../../src/operators/index.ts'
import { type DrawOptions, methods, mmps, posteriorDraws } from '../../src/posterior/index.ts'
import { jit, NdArray, ndarray, type Shape, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, wave, waveOf } from '../numbers.ts'

const EVENT = 6
const AT = [0, 2, 3, 5]
const valid = new NdArray('float32', [EVENT], Float32Array.from([1, 0, 1, 1, 0, 1]))
/** Without 0, so that what lies outside is the middle, 6, and operators see it. */
const range = [4, 8] as const
const OUTSIDE = 6

/** Entries AT of the last axis. */
const cutLast = ({ shape, data }: NdArray): NdArray<'float32'> => {
  const rows = data.length / EVENT
  const values = Array.from({ length: rows }, (_, r) => AT.map((i) => Number(data[r * EVENT + i]))).flat()
  return new NdArray('float32', [...shape.slice(0, -1), AT.length], Float32Array.from(values))
}

/** [R, 4] in the places of [R, 6], with something else outside. */
const embedded = (x: NdArray, outside: (i: number) => number, shape: Shape): NdArray<'float32'> => {
  const values = Array.from({ length: (x.size / AT.length) * EVENT }, (_, i) => {
    const at = AT.indexOf(i % EVENT)
    return at < 0 ? outside(i) : Number(x.data[Math.floor(i / EVENT) * AT.length + at])
  })
  return new NdArray('float32', shape, Float32Array.from(values))
}

/** A covariance inside, and another outside of which nothing may depend. */
const inner: Gaussian = {
  mean: ndarray([0.5, -0.3, 0.2, 0.1]),
  covariance: fullRank(
    ndarray([1, 0.5, 0.2, 0.1, 0.5, 1.2, 0.4, 0.2, 0.2, 0.4, 0.9, 0.3, 0.1, 0.2, 0.3, 0.7], [4, 4]),
  ),
}
const matrix = Array.from({ length: EVENT * EVENT }, (_, k) => {
  const [i, j] = [Math.floor(k / EVENT), k % EVENT]
  const [a, b] = [AT.indexOf(i), AT.indexOf(j)]
  if (a < 0 || b < 0) return i === j ? 3 : 0
  return inner.covariance.kind === 'fullRank' ? Number(inner.covariance.matrix.data[a * 4 + b]) : Number.NaN
})
const outer: Gaussian = {
  mean: embedded(inner.mean, () => 7, [EVENT]),
  covariance: fullRank(ndarray(matrix, [EVENT, EVENT])),
}

const domain = domainOf(valid, range, toPrior(range))
const prior = { event: [EVENT], range, schedule: exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 10 }) }
const whole = {
  ...prior,
  mean: outer.mean,
  domain,
  denoiser: inDomain(gaussianDenoiser(outer), domain),
}
const part = { ...prior, event: [4], mean: inner.mean, denoiser: gaussianDenoiser(inner) }

const COUNT = 5
const y = new NdArray(
  'float32',
  [COUNT, 4],
  Float32Array.from(wave(4 * COUNT), (v) => 6 + v),
)
const seen = new NdArray(
  'float32',
  [COUNT, 4],
  Float32Array.from({ length: 4 * COUNT }, (_, i) => +(i % 3 > 0)),
)
const masked = y.data.map((v, i) => v * seen.data[i])
const P = waveOf([COUNT, 3, EVENT], 2)
/** What P sees of the outside. */
const fromOutside = (r: number): number => OUTSIDE * (P.data[r * EVENT + 1] + P.data[r * EVENT + 4])
const projected = Float32Array.from(wave(3 * COUNT, 4), (v) => 5 * v)

const cases: readonly { name: string; set: ObservationSet; cut: ObservationSet }[] = [
  {
    name: 'mask, with marks and values outside',
    set: {
      y: embedded(new NdArray('float32', [COUNT, 4], masked), () => 9, [COUNT, EVENT]),
      operator: maskedBy(
        embedded(seen, () => 1, [COUNT, EVENT]),
        [EVENT],
      ),
      noise: 0.3,
      range,
      valid,
    },
    cut: { y: new NdArray('float32', [COUNT, 4], masked), operator: maskedBy(seen, [4]), noise: 0.3, range },
  },
  {
    name: 'identity',
    set: {
      y: embedded(y, () => OUTSIDE, [COUNT, EVENT]),
      operator: unchanged([EVENT]),
      noise: 0.3,
      range,
      valid,
    },
    cut: { y, operator: unchanged([4]), noise: 0.3, range },
  },
  {
    name: 'projections, which see the outside',
    set: {
      y: new NdArray(
        'float32',
        [COUNT, 3],
        projected.map((v, r) => v + fromOutside(r)),
      ),
      operator: projectedBy(P),
      noise: 0.3,
      range,
      valid,
    },
    cut: {
      y: new NdArray('float32', [COUNT, 3], projected),
      operator: projectedBy(cutLast(P)),
      noise: 0.3,
      range,
    },
  },
]

describe.each(cases)('$name', ({ set, cut }) => {
  const method = mmps({ solve: cg({ iterations: 4 }) })

  it('has the posterior denoiser of the cut problem inside, the known number outside', async () => {
    const [all, some] = [batchedObservations(set), batchedObservations(cut)]
    const program = jit((batch: ObservationBatch<Tensor>, x: Tensor, s: Tensor) =>
      method(whole.denoiser, all.observation(batch))(x, s),
    )
    const small = jit((batch: ObservationBatch<Tensor>, x: Tensor, s: Tensor) =>
      method(part.denoiser, some.observation(batch))(x, s),
    )
    const sigma = ndarray([0.1, 0.5, 1, 2, 5])
    const xt = waveOf([COUNT, 4], 8)
    const got = await program(
      all.batch(0, COUNT),
      embedded(xt, (i) => 30 + i, [COUNT, EVENT]),
      sigma,
    )
    const want = await small(some.batch(0, COUNT), xt, sigma)
    await Promise.all([program.release(), small.release()])
    expectClose(toNumbers(cutLast(got)), toNumbers(want), 2e-4)
    expectClose(toNumbers(got), toNumbers(embedded(want, () => domain.value, [COUNT, EVENT])), 2e-4)
  })

  it('has the exact posterior mean of the cut problem', async () => {
    const options = { iterations: 50, tolerance: 1e-6 }
    const address = { stream: () => expect.fail('no randomness here'), lap: 0 }
    const mean = async (gaussian: Gaussian, of: ObservationSet) => {
      const draw = exactMean(gaussian, batchedObservations(of), options)
      const out = await draw(0, COUNT, address)
      await draw.release()
      return out
    }
    const [got, want] = [await mean(outer, set), await mean(inner, cut)]
    expectClose(toNumbers(got), toNumbers(embedded(want, () => domain.value, [COUNT, EVENT])), 1e-4)
  })

  it('fits the Gaussian of the cut problem', async () => {
    const options = { rank: 2, iterations: 6, eStep: { kind: 'moments' } } as const
    const [got, want] = [await gaussianStart(set, options), await gaussianStart(cut, options)]
    expectClose(toNumbers(got.mean), toNumbers(embedded(want.mean, () => domain.value, [EVENT])), 1e-5)
    if (got.covariance.kind !== 'lowRank' || want.covariance.kind !== 'lowRank') return expect.fail()
    expect(got.covariance.variance).toBeCloseTo(Number(want.covariance.variance), 6)
    const product = ({ data, shape: [n, r] }: NdArray, at: readonly number[]) =>
      at.flatMap((i) =>
        at.map((j) =>
          Array.from({ length: r }, (_, k) => Number(data[i * r + k]) * Number(data[j * r + k])).reduce(
            (a, b) => a + b,
            n - n,
          ),
        ),
      )
    expectClose(product(got.covariance.factor, AT), product(want.covariance.factor, [0, 1, 2, 3]), 1e-5)
    expect(Math.max(...product(got.covariance.factor, [1, 4]).map(Math.abs))).toBeLessThan(1e-12)
  })
})

it.each(methods.map(({ name }) => name))(
  '%s draws the known number outside, in the units of the data',
  async (name) => {
    const entry = methods.find((method) => method.name === name) ?? expect.fail()
    const options: DrawOptions = { method: entry.make({}), steps: 4, draws: 2, seed: 1 }
    const { set } = cases[name === 'noise2score' ? 1 : 0] // which only denoises
    const draws = await posteriorDraws(whole, set, options)
    for (const [i, v] of draws.data.entries()) {
      if (AT.includes(i % EVENT)) expect(Number.isFinite(v)).toBe(true)
      else expect(v).toBeCloseTo(OUTSIDE, 5)
    }
  },
)

it('refuses observations of more than the prior knows', async () => {
  const { valid: _, ...rest } = cases[0].set
  const more = new NdArray('float32', [EVENT], Float32Array.from([1, 1, 1, 1, 1, 1]))
  const options = { steps: 2, seed: 0 }
  await expect(posteriorDraws(whole, { ...rest, valid: more }, options)).rejects.toThrow(
    'the domain of the observations has 2 entries more than that of the prior',
  )
})

it('is learned from what is inside alone: the loss of the cut problem', async () => {
  const [x, z] = [waveOf([3, EVENT], 1), waveOf([3, EVENT], 2)]
  const [sigma, level] = [ndarray([0.3, 1, 3]), domain.value]
  const full = jit((x: Tensor, z: Tensor, s: Tensor) =>
    denoisingLoss(inDomain(gaussianDenoiser(outer), domain), x, z, s),
  )
  const cut = jit((x: Tensor, z: Tensor, s: Tensor) => denoisingLoss(gaussianDenoiser(inner), x, z, s))
  const filled = embedded(cutLast(x), () => level, [3, EVENT])
  const got = await full(filled, z, sigma)
  const want = await cut(cutLast(x), cutLast(z), sigma)
  expect(Number(got.data[0]) / (4 / 6)).toBeCloseTo(Number(want.data[0]), 5)
})

it('has standard normals outside for those who need a density', async () => {
  const program = jit((x: Tensor, s: Tensor) => normalOutside(whole.denoiser, domain)(x, s))
  const small = jit((x: Tensor, s: Tensor) => part.denoiser(x, s))
  const [x, sigma] = [waveOf([2, EVENT], 3), ndarray([0.5, 2])]
  const got = await program(x, sigma)
  expectClose(toNumbers(cutLast(got)), toNumbers(await small(cutLast(x), sigma)), 1e-5)
  expect(Number(got.data[1])).toBeCloseTo(x.data[1] / 1.25, 5)
  expect(Number(got.data[EVENT + 4])).toBeCloseTo(x.data[EVENT + 4] / 5, 5)
})
