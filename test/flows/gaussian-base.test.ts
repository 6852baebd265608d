/** A flow that begins with a Gaussian's posterior is that posterior, before it has learned anything. */
import { determinant, inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  type Flow,
  type FlowParams,
  type GaussianBase,
  logq,
  logqOf,
  networkFlow,
} from '../../src/flows/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { jit, type NdArray, ndarray, rows, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

const EVENT = [2, 3, 4]
const N = 24
const RANK = 5
const VARIANCE = 0.3
const NOISE = 0.2

const values = (name: string, shape: readonly number[], scale = 1): NdArray<'float32'> => {
  const z = toNumbers(normal(stream(4, name), shape))
  return ndarray(
    z.map((v) => scale * v),
    shape,
  )
}

const fit = { mean: values('mean', [N], 0.5), factor: values('factor', [N, RANK]) }
const U = Matrix.from1DArray(N, RANK, toNumbers(fit.factor))
const S = Matrix.add(U.mmul(U.transpose()), Matrix.eye(N).mul(VARIANCE))

/** 0 and 1, of all entries. */
const maskOf = (channels: number): number[] =>
  toNumbers(values('mask', [channels * 12])).map((v) => (v > 0.3 ? 1 : 0))

interface Case {
  readonly base: GaussianBase
  /** Channels of y and its mask. */
  readonly channels: number
  /** What of x is seen. */
  readonly mask: readonly number[]
}

const cases: readonly (readonly [string, Case])[] = [
  [
    'a mask of each entry',
    {
      base: { variance: VARIANCE, rank: RANK, observed: { noise: NOISE, masked: true } },
      channels: 4,
      mask: maskOf(2),
    },
  ],
  [
    'a mask of all channels',
    {
      base: { variance: VARIANCE, rank: RANK, observed: { noise: NOISE, masked: true } },
      channels: 3,
      mask: [...maskOf(1), ...maskOf(1)],
    },
  ],
  [
    'noise alone',
    {
      base: { variance: VARIANCE, rank: RANK, observed: { noise: NOISE, masked: false } },
      channels: 2,
      mask: Array(N).fill(1),
    },
  ],
  ['nothing known of y', { base: { variance: VARIANCE, rank: RANK }, channels: 1, mask: Array(N).fill(0) }],
]

/** Posterior N(m, C) under the fit. */
const posterior = (mask: readonly number[], y: readonly number[]) => {
  const precision = inverse(S)
  for (const [i, m] of mask.entries()) precision.set(i, i, precision.get(i, i) + m / NOISE ** 2)
  const C = inverse(precision)
  const mu = Matrix.columnVector(toNumbers(fit.mean))
  const seen = Matrix.columnVector(mask.map((m, i) => (m * (y[i] - mu.get(i, 0))) / NOISE ** 2))
  return { mean: Matrix.add(mu, C.mmul(seen)), C }
}

const levels = { channels: [4], blocks: [1], emb: 4 }

const flowOfCase = ({ base, channels }: Case): { flow: Flow; params: FlowParams<NdArray> } => {
  const flow: Flow = networkFlow({
    event: EVENT,
    condition: [channels, 3, 4],
    encoder: { kind: 'unet', io: 6, ...levels },
    coupling: { kind: 'unet', io: 8, ...levels },
    steps: 2,
    base,
  })
  return { flow, params: { weights: flow.init(0).weights, statistics: [fit] } }
}

/** The condition of one y: m ∘ y, and the mask as far as it has channels. */
const conditionOf = ({ channels, mask }: Case, y: readonly number[]): NdArray => {
  const all = [...y.map((v, i) => v * mask[i]), ...mask]
  return ndarray(all.slice(0, channels * 12), [1, channels, 3, 4])
}

const y = toNumbers(values('y', [N], 1.5))

describe.each(cases)('a fresh flow that begins with the posterior: %s', (_, listed) => {
  const { flow, params } = flowOfCase(listed)
  const condition = conditionOf(listed, y)
  const { mean, C } = posterior(listed.mask, y)
  const program = jit((p: FlowParams<Tensor>, y: Tensor, z: Tensor) => {
    const drawn = flow.sample(p, y, z)
    return { x: drawn.x, logq: logqOf(z, drawn) }
  })
  const back = jit((p: FlowParams<Tensor>, y: Tensor, x: Tensor) => ({
    z: flow.inverse(p, x, y).z,
    logq: logq(flow, p, x, y),
  }))

  it('has its mean and its covariance', async () => {
    const z = ndarray([...Array(N).fill(0), ...Matrix.eye(N).to1DArray()], [N + 1, ...EVENT])
    const all = Matrix.from1DArray(N + 1, N, toNumbers((await program(params, condition, z)).x))
    expectClose(all.getRow(0), mean.to1DArray(), 1e-4)
    const L = all
      .subMatrix(1, N, 0, N - 1)
      .subRowVector(all.getRow(0))
      .transpose()
    expectClose(L.mmul(L.transpose()).to1DArray(), C.to1DArray(), 1e-4)
  })

  it('has its density, forwards and backwards, and its inverse', async () => {
    const z = values('z', [7, ...EVENT])
    const drawn = await program(params, condition, z)
    const every = ndarray(Array.from({ length: 7 }, () => toNumbers(condition)).flat(), [
      7,
      ...condition.shape.slice(1),
    ])
    const inverted = await back(params, every, drawn.x)
    expectClose(toNumbers(inverted.z), toNumbers(z), 1e-4)
    const x = Matrix.from1DArray(7, N, toNumbers(drawn.x))
    const P = inverse(C)
    const want = Array.from({ length: 7 }, (_, r) => {
      const d = Matrix.sub(Matrix.columnVector(x.getRow(r)), mean)
      const energy = d.transpose().mmul(P).mmul(d).get(0, 0)
      return -(energy + Math.log(determinant(C)) + N * Math.log(2 * Math.PI)) / 2
    })
    expectClose(toNumbers(drawn.logq), want, 1e-3)
    expectClose(toNumbers(inverted.logq), want, 1e-3)
  })

  it('draws several times from each y, in sequence', async () => {
    const other = conditionOf(listed, toNumbers(values('other', [N])))
    const both = ndarray([...toNumbers(condition), ...toNumbers(other)], [2, ...condition.shape.slice(1)])
    const z = values('z', [6, ...EVENT])
    const second = await program(params, other, rows(z, 3, 6))
    expectClose(toNumbers(rows((await program(params, both, z)).x, 3, 6)), toNumbers(second.x), 1e-4)
  })
})

describe('a base is refused', () => {
  const of =
    (base: GaussianBase, channels = 2) =>
    () =>
      flowOfCase({ base, channels, mask: [] })
  it.each<[string, () => unknown, RegExp]>([
    [
      'without noise',
      of({ variance: 1, rank: 2, observed: { noise: 0, masked: false } }),
      /must be positive/,
    ],
    [
      'without y in the condition',
      of({ variance: 1, rank: 2, observed: { noise: 1, masked: false } }, 1),
      /y and its mask over \[2,3,4\] do not lie in \[1,3,4\]/,
    ],
    [
      'without the mask',
      of({ variance: 1, rank: 2, observed: { noise: 1, masked: true } }, 2),
      /do not lie in \[2,3,4\]/,
    ],
  ])('%s', (_, make, says) => {
    expect(make).toThrow(says)
  })
})
