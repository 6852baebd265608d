/**
 * Entries that are not there carry no degrees of freedom: a flow beside padding has the density of the flow
 * without, a bound the value of the bound without.
 */
import { describe, expect, it } from 'vitest'
import { oneStep, samplerDensity, weigh } from '../../src/amortize/index.ts'
import { type Denoiser, gaussianDenoiser, inDomain, negativeElbo } from '../../src/diffusion/index.ts'
import { type FlowConfig, flowOf, logOutside, logq } from '../../src/flows/index.ts'
import { maskedBy } from '../../src/observations/index.ts'
import { domainOf } from '../../src/operators/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import {
  constant,
  frozen,
  full,
  jit,
  type NdArray,
  ndarray,
  sub,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { moved, values } from '../exact/flow-contract.ts'
import { expectClose } from '../numbers.ts'

const ROWS = 4
const OUTSIDE = [1, 4]
const INSIDE = [0, 2, 3, 5]

/** Columns of rows of n. */
const columns = (x: NdArray, at: readonly number[]): number[] => {
  const n = x.size / x.shape[0]
  return Array.from({ length: x.shape[0] }, (_, r) => at.map((i) => Number(x.data[r * n + i]))).flat()
}

const sizes = { condition: 3, steps: 3, hidden: 5 } as const
const pairs: readonly [string, FlowConfig, FlowConfig][] = [
  ['realNvp', { kind: 'realNvp', size: 6, ...sizes }, { kind: 'realNvp', size: 4, ...sizes }],
  [
    'splines in a range',
    {
      kind: 'realNvp',
      size: 6,
      ...sizes,
      transform: { kind: 'spline' },
      range: { kind: 'interval', lo: -3, hi: 3 },
    },
    {
      kind: 'realNvp',
      size: 4,
      ...sizes,
      transform: { kind: 'spline' },
      range: { kind: 'interval', lo: -3, hi: 3 },
    },
  ],
  ['gaussian', { kind: 'gaussian', size: 6, condition: 3 }, { kind: 'gaussian', size: 4, condition: 3 }],
]

describe.each(pairs)('%s with two entries that are not there', (_, config, without) => {
  const padded = flowOf({ ...config, outside: OUTSIDE })
  const plain = flowOf(without)
  const params = moved(plain)
  const [z, y] = [values('z', [ROWS, 6]), values('y', [ROWS, 3])]
  const kept = ndarray(columns(z, INSIDE), [ROWS, 4])

  it('draws what the flow without them draws, and z there', async () => {
    const program = jit((y: Tensor, z: Tensor, kept: Tensor) => ({
      padded: padded.sample(frozen(params), y, z),
      plain: plain.sample(frozen(params), y, kept),
    }))
    const drawn = await program(y, z, kept)
    await program.release()
    expectClose(columns(drawn.padded.x, INSIDE), toNumbers(drawn.plain.x), 1e-6)
    expect(columns(drawn.padded.x, OUTSIDE)).toEqual(columns(z, OUTSIDE))
    expectClose(toNumbers(drawn.padded.logdet), toNumbers(drawn.plain.logdet), 1e-6)
  })

  it('has its density, whatever they are', async () => {
    const x = values('x', [ROWS, 6])
    const program = jit((y: Tensor, x: Tensor, kept: Tensor) => ({
      padded: sub(logq(padded, frozen(params), x, y), logOutside(x, OUTSIDE)),
      plain: logq(plain, frozen(params), kept, y),
    }))
    const { padded: own, plain: wanted } = await program(y, x, ndarray(columns(x, INSIDE), [ROWS, 4]))
    await program.release()
    expectClose(toNumbers(own), toNumbers(wanted), 1e-5)
  })
})

describe('a flow of networks beside padding', () => {
  const levels = { channels: [4], blocks: [1], emb: 4 }
  const event = [1, 6] as const
  const flow = flowOf({
    kind: 'network',
    event,
    condition: [1, 6],
    encoder: { kind: 'unet1d', io: 3, ...levels },
    coupling: { kind: 'unet1d', io: 4, ...levels },
    steps: 3,
    base: { variance: 0.5, rank: 2, observed: { noise: 0.3, masked: false } },
    outside: OUTSIDE,
  })
  const params = moved(flow)

  it('draws z there, and what is inside does not depend on it', async () => {
    const program = jit((y: Tensor, z: Tensor) => flow.sample(frozen(params), y, z))
    const [y, z] = [values('y', [ROWS, 1, 6]), values('z', [ROWS, 1, 6])]
    const other = ndarray(
      toNumbers(z).map((v, i) => (OUTSIDE.includes(i % 6) ? 3 - v : v)),
      z.shape,
    )
    const [one, two] = [await program(y, z), await program(y, other)]
    await program.release()
    expect(columns(one.x, INSIDE)).toEqual(columns(two.x, INSIDE))
    expect([columns(one.x, OUTSIDE), columns(two.x, OUTSIDE)]).toEqual([
      columns(z, OUTSIDE),
      columns(other, OUTSIDE),
    ])
    expect(toNumbers(one.logdet)).toEqual(toNumbers(two.logdet))
    expect(columns(one.x, INSIDE)).not.toEqual(columns(z, INSIDE))
  })

  it('is inverted to them', async () => {
    const program = jit((y: Tensor, x: Tensor) => flow.inverse(frozen(params), x, y))
    const x = values('x', [ROWS, 1, 6])
    const { z } = await program(values('y', [ROWS, 1, 6]), x)
    await program.release()
    expect(columns(z, OUTSIDE)).toEqual(columns(x, OUTSIDE))
  })
})

it.each<[string, FlowConfig, string]>([
  ['all', { kind: 'gaussian', size: 2, condition: 1, outside: [0, 1] }, 'some of 2 entries'],
  ['a place that is none', { kind: 'gaussian', size: 2, condition: 1, outside: [2] }, 'some of 2 entries'],
  [
    'those of an image flow',
    { kind: 'image', event: [1, 4, 4], condition: [1, 4, 4], outside: [3] },
    "flow of kind 'image': keeps no entries of x apart",
  ],
])('refuses to leave out %s', (_, config, message) => {
  expect(() => flowOf(config)).toThrow(message)
})

/** A flow of four points, or of these and two of padding behind them; the prior's units are half as wide. */
const samplerOf = (n: number) => {
  const outside = n > 4 ? [4, 5] : undefined
  const flow: FlowConfig = {
    kind: 'realNvp',
    size: n,
    condition: 4,
    steps: 2,
    hidden: 4,
    ...(outside ? { outside } : {}),
  }
  return {
    flow,
    params: moved(flowOf({ kind: 'realNvp', size: 4, condition: 4, steps: 2, hidden: 4 })),
    event: [1, n],
    range: [-1, 1] as const,
    operator: { name: 'mask', settings: {} },
    condition: { y: [1, 4], beside: {}, crossing: 'entries' } as const,
    ...(outside ? { outside } : {}),
  }
}
const four = (x: NdArray): NdArray<'float32'> => ndarray(columns(x, [0, 1, 2, 3]), [x.shape[0], 1, 4])

describe('a sampler of points beside padding', () => {
  it('gives the log-density of the points, of its draws and of a truth', async () => {
    const z = values('z', [ROWS, 1, 6])
    const y = four(values('seen', [ROWS, 1, 6]))
    const [padded, plain] = [samplerOf(6), samplerOf(4)]
    const program = jit((y: Tensor, z: Tensor, kept: Tensor) => ({
      padded: oneStep(padded)({ y, beside: {} }, z),
      plain: oneStep(plain)({ y, beside: {} }, kept),
    }))
    const drawn = await program(y, z, four(z))
    await program.release()
    expectClose(toNumbers(four(drawn.padded.x)), toNumbers(drawn.plain.x), 1e-6)
    expectClose(toNumbers(drawn.padded.logq ?? z), toNumbers(drawn.plain.logq ?? y), 1e-5)

    const truth = values('truth', [ROWS, 1, 6])
    const operator = maskedBy(full([ROWS, 1, 4], 1), [1, 4])
    const seen = { y, operator, noise: 0.5, range: [-1, 1] as const }
    const [own, wanted] = [
      await samplerDensity(padded, seen, ndarray(toNumbers(truth), truth.shape)),
      await samplerDensity(plain, seen, four(truth)),
    ]
    expectClose(toNumbers(own), toNumbers(wanted), 1e-5)
  })
})

describe('the bound of a prior with a domain', () => {
  const inside = ndarray([1, 1, 1, 1, 0, 0], [6])
  const variances = [0.3, 1, 0.5, 2]
  /** A correlated Gaussian of the points; what it says of the padding is another matter. */
  const gaussian = (n: number): Denoiser =>
    gaussianDenoiser({
      mean: ndarray(Array.from({ length: n }, (_, i) => 0.1 * i)),
      covariance: {
        kind: 'lowRank',
        variance: 0.4,
        factor: ndarray(
          Array.from({ length: n }, (_, i) => (i < 4 ? Math.sqrt(variances[i]) : 0)),
          [n, 1],
        ),
      },
    })
  const padded = inDomain(gaussian(6), domainOf(inside, [-2, 2]))

  it('and its gradient are those of the points alone', async () => {
    const noise = (purpose: string) => normal(stream(1, purpose), [ROWS, 6])
    const time = uniform(stream(1, 'time'), [ROWS])
    const [z, first, last] = ['noise', 'first', 'last'].map(noise)
    const x = values('x', [ROWS, 6])
    const cut = (a: NdArray) => ndarray(columns(a, [0, 1, 2, 3]), [ROWS, 4])
    const bound = (denoiser: Denoiser, inside?: NdArray<'float32'>) =>
      jit((x: Tensor, time: Tensor, noise: Tensor, first: Tensor, last: Tensor) => {
        const b = negativeElbo(denoiser, x, { time, noise, first, last }, inside ? { inside } : {})
        return { b, slope: vjp(b, x, constant(full([ROWS], 1))) }
      })
    const [ofAll, ofPoints] = [bound(padded, inside), bound(gaussian(4))]
    const own = await ofAll(x, time, z, first, last)
    const wanted = await ofPoints(cut(x), time, cut(z), cut(first), cut(last))
    await Promise.all([ofAll.release(), ofPoints.release()])
    expectClose(toNumbers(own.b), toNumbers(wanted.b), 1e-4)
    expectClose(columns(own.slope, [0, 1, 2, 3]), toNumbers(wanted.slope), 1e-4)
    expect(columns(own.slope, [4, 5]).every((v) => v === 0)).toBe(true)
  })

  it('weighs draws as it does without padding', async () => {
    const K = 30
    const draws = normal(stream(3, 'draws'), [K, ROWS, 1, 6])
    const logq = normal(stream(3, 'logq'), [K, ROWS])
    const levels = { sigmaMin: 0.01, sigmaMax: 153, range: [-2, 2] as const }
    const seen = normal(stream(3, 'seen'), [ROWS, 1, 4])
    const beside = (x: NdArray, elsewhere: number) =>
      ndarray(
        Array.from({ length: ROWS }, (_, r) => [
          ...Array.from(x.data.slice(4 * r, 4 * r + 4), Number),
          elsewhere,
          elsewhere,
        ]).flat(),
        [ROWS, 1, 6],
      )
    const options = { evaluations: 2, seed: 0 }
    const whole = await weigh(
      { ...levels, denoiser: padded, domain: { inside } },
      {
        y: beside(seen, 0),
        operator: maskedBy(beside(full([ROWS, 1, 4], 1), 0), [1, 6]),
        noise: 0.5,
        range: [-2, 2],
      },
      { draws, logq },
      options,
    )
    const points = ndarray(
      Array.from({ length: K * ROWS }, (_, r) => Array.from(draws.data.slice(6 * r, 6 * r + 4))).flat(),
      [K, ROWS, 1, 4],
    )
    const part = await weigh(
      { ...levels, denoiser: gaussian(4) },
      {
        y: seen,
        operator: maskedBy(full([ROWS, 1, 4], 1), [1, 4]),
        noise: 0.5,
        range: [-2, 2],
      },
      { draws: points, logq },
      options,
    )
    expectClose(toNumbers(whole.weights), toNumbers(part.weights), 1e-3)
  })
})
