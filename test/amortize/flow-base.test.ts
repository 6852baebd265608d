/** Samplers that begin with the posterior of a fit, from observations in data units to sampler.onnx. */
import { inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  type AmortizedSampler,
  conditionLayout,
  conditionShape,
  exportSampler,
  freshFlow,
  oneStep,
  samplerDensity,
  samplerOperator,
  unconditional,
  withBase,
} from '../../src/amortize/index.ts'
import type { Gaussian } from '../../src/diffusion/index.ts'
import type { FlowConfig } from '../../src/flows/index.ts'
import { fullRank, isotropic, lowRank } from '../../src/linalg/index.ts'
import { type ObservationSet, type OperatorSetting, observe } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { jit, loadProgram, type NdArray, ndarray, rows, toNumbers, zeros } from '../../src/tensor/index.ts'
import { expectClose, f64 } from '../numbers.ts'

const EVENT = [1, 3, 4]
const N = 12
const RANK = 3
const NOISE = 0.05 // 0.2 in the units of the prior, x' = 4 x − 2
const FLOOR = 0.1

const values = (name: string, shape: readonly number[], scale: number): NdArray<'float32'> => {
  const z = toNumbers(normal(stream(6, name), shape))
  return ndarray(
    z.map((v) => scale * v),
    shape,
  )
}

const gaussian: Gaussian = {
  mean: values('mean', [N], 0.3),
  covariance: lowRank(FLOOR, values('factor', [N, RANK], 0.6)),
}

/** Of the data: around ½. */
const signals = ndarray(
  toNumbers(values('x', [3, ...EVENT], 0.2)).map((v) => v + 0.5),
  [3, ...EVENT],
)

const observed = (operator: OperatorSetting, photons?: number): Promise<ObservationSet> =>
  observe(signals, { operator, noise: NOISE, range: [0, 1], seed: 1, ...(photons ? { photons } : {}) })

const levels = { channels: [4], blocks: [1], emb: 4 }

const plainFor = (set: ObservationSet, layout = conditionLayout(set, true)): FlowConfig => ({
  kind: 'network',
  event: EVENT,
  condition: conditionShape(layout, 'channels'),
  encoder: { kind: 'unet', io: 3, ...levels },
  coupling: { kind: 'unet', io: 4, ...levels },
  steps: 2,
})

const samplerFor = (set: ObservationSet): AmortizedSampler => {
  const layout = conditionLayout(set, true)
  const flow = withBase(plainFor(set), gaussian, set, layout)
  return {
    flow,
    params: freshFlow(flow, gaussian, 0),
    event: EVENT,
    range: [0, 1],
    operator: samplerOperator(set.operator),
    condition: layout,
  }
}

/** The posterior of the first observation, in the units of the data. */
const posteriorOf = ({ y, operator }: ObservationSet) => {
  const U = Matrix.from1DArray(N, RANK, toNumbers(values('factor', [N, RANK], 0.6)))
  const S = Matrix.add(U.mmul(U.transpose()), Matrix.eye(N).mul(FLOOR)).div(16)
  const mu = toNumbers(gaussian.mean).map((v) => (v + 2) / 4)
  const mask = operator.parameters.mask
    ? toNumbers(operator.parameters.mask).slice(0, N)
    : Array<number>(N).fill(1)
  const precision = inverse(S)
  for (const [i, m] of mask.entries()) precision.set(i, i, precision.get(i, i) + m / NOISE ** 2)
  const C = inverse(precision)
  const seen = toNumbers(y)
    .slice(0, N)
    .map((v, i) => (mask[i] * (v - mu[i])) / NOISE ** 2)
  return { mean: Matrix.add(Matrix.columnVector(mu), C.mmul(Matrix.columnVector(seen))), C, precision }
}

/** z = 0 and every unit z. */
const units = ndarray([...Array(N).fill(0), ...Matrix.eye(N).to1DArray()], [N + 1, ...EVENT])

const inputOf = ({ y, operator }: ObservationSet) => ({
  y: rows(y, 0, 1),
  beside: Object.fromEntries(Object.entries(operator.parameters).map(([name, a]) => [name, rows(a, 0, 1)])),
})

const expectPosterior = (x: readonly number[], set: ObservationSet): void => {
  const { mean, C } = posteriorOf(set)
  const all = Matrix.from1DArray(N + 1, N, [...x])
  expectClose(all.getRow(0), mean.to1DArray(), 1e-5)
  const L = all
    .subMatrix(1, N, 0, N - 1)
    .subRowVector(all.getRow(0))
    .transpose()
  expectClose(L.mmul(L.transpose()).to1DArray(), C.to1DArray(), 1e-5)
}

const families: readonly OperatorSetting[] = [
  { name: 'mask', settings: { keep: 0.5 } },
  { name: 'box', settings: { size: 2 } },
  { name: 'identity' },
]

describe.each(families)('a fresh sampler of $name draws from the posterior of the fit', (operator) => {
  it('here, with its density', async () => {
    const set = await observed(operator)
    const sampler = samplerFor(set)
    const program = jit(oneStep(sampler))
    const { x } = await program(inputOf(set), units)
    await program.release()
    expectPosterior(toNumbers(x), set)
    const { mean, precision, C } = posteriorOf(set)
    const [got] = toNumbers(await samplerDensity(sampler, set, signals))
    const d = Matrix.sub(Matrix.columnVector(toNumbers(signals).slice(0, N)), mean)
    const energy = d.transpose().mmul(precision).mmul(d).get(0, 0)
    expectClose([got], [-(energy + logDet(C) + N * Math.log(2 * Math.PI)) / 2], 1e-3)
  })

  it('as sampler.onnx', async () => {
    const set = await observed(operator)
    const { model, manifest } = await exportSampler(samplerFor(set), N + 1)
    expect(manifest.inputs.map(({ name }) => name)).toContain('z')
    const session = await loadProgram(model)
    const { y, beside } = inputOf(set)
    const { x } = await session.run({ y, ...beside, z: units })
    await session.release()
    expectPosterior(toNumbers(x), set)
  })
})

const logDet = (M: Matrix): number => {
  let [total, left] = [0, M.clone()]
  for (let i = 0; i < M.rows; i++) {
    const pivot = left.get(0, 0)
    total += Math.log(pivot)
    if (left.rows === 1) break
    const m = left.rows - 1
    const column = left.subMatrix(1, m, 0, 0)
    left = Matrix.sub(left.subMatrix(1, m, 1, m), column.mmul(column.transpose()).div(pivot))
  }
  return total
}

describe('the fit of the prior it is', () => {
  const stays = (set: ObservationSet, layout = conditionLayout(set, true)) => {
    const flow = withBase(plainFor(set, layout), gaussian, set, layout)
    expect(flow).toMatchObject({ base: { variance: FLOOR, rank: RANK } })
    expect(flow).not.toHaveProperty('base.observed')
  }

  it('for operators that mix entries, and noise that differs between them', async () => {
    stays(await observed({ name: 'blur' }))
    stays(await observed({ name: 'identity' }, 50))
  })

  it('for flows that are not told the mask, or of one measurement', async () => {
    const set = await observed({ name: 'mask' })
    stays(set, conditionLayout(set, false))
    stays(set, unconditional(conditionLayout(set, true)))
  })
})

describe('white noise it is', () => {
  it('for fits of another form, ranges, and other flows', async () => {
    const set = await observed({ name: 'mask' })
    const layout = conditionLayout(set, true)
    const full = { mean: zeros([N]), covariance: fullRank(f64(Matrix.eye(N).to1DArray(), [N, N])) }
    const plain = plainFor(set)
    expect(withBase(plain, full, set, layout)).toBe(plain)
    const bounded: FlowConfig = { ...plainFor(set), range: { kind: 'interval', lo: -2, hi: 2 } }
    expect(withBase(bounded, gaussian, set, layout)).toBe(bounded)
    const other: FlowConfig = { kind: 'gaussian', size: N, condition: 2 * N }
    expect(withBase(other, gaussian, set, layout)).toBe(other)
  })
})

it('an isotropic fit has one column of zeros', async () => {
  const set = await observed({ name: 'mask' })
  const fit = { mean: zeros([N]), covariance: isotropic(0.7) }
  const flow = withBase(plainFor(set), fit, set, conditionLayout(set, true))
  expect(flow).toMatchObject({ base: { variance: 0.7, rank: 1, observed: { masked: true } } })
  expect(freshFlow(flow, fit, 0).statistics).toEqual([{ mean: zeros([N]), factor: zeros([N, 1]) }])
})
