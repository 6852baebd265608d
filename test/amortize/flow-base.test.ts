/** Samplers that begin with the posterior of a fit, from observations in data units to sampler.onnx. */
import { inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  type AmortizedSampler,
  checkRestorable,
  conditionLayout,
  conditionShape,
  exportSampler,
  freshFlow,
  oneStep,
  restore,
  samplerDensity,
  samplerOperator,
  unconditional,
  withBase,
} from '../../src/amortize/index.ts'
import type { Gaussian } from '../../src/diffusion/index.ts'
import type { FlowConfig } from '../../src/flows/index.ts'
import { fullRank, isotropic, lowRank } from '../../src/linalg/index.ts'
import {
  noiseRangeOf,
  type ObservationSet,
  type OperatorSetting,
  observe,
} from '../../src/observations/index.ts'
import type { NoiseRange } from '../../src/operators/index.ts'
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

const observed = (
  operator: OperatorSetting,
  photons?: number,
  noise: number | NoiseRange = NOISE,
): Promise<ObservationSet> =>
  observe(signals, { operator, noise, range: [0, 1], seed: 1, ...(photons ? { photons } : {}) })

const levels = { channels: [4], blocks: [1], emb: 4 }

const plainFor = (set: ObservationSet, layout = conditionLayout(set, true)): FlowConfig => ({
  kind: 'network',
  event: EVENT,
  condition: conditionShape(layout, 'channels'),
  encoder: { kind: 'unet', io: 4, ...levels },
  coupling: { kind: 'unet', io: 5, ...levels },
  steps: 2,
})

const samplerFor = (set: ObservationSet, noise = noiseRangeOf(set)): AmortizedSampler => {
  const layout = conditionLayout(set, true, noise)
  const flow = withBase(plainFor(set, layout), gaussian, set, layout)
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
const posteriorOf = ({ y, operator, noise, std }: ObservationSet) => {
  const s = std?.data[0] ?? noise
  const U = Matrix.from1DArray(N, RANK, toNumbers(values('factor', [N, RANK], 0.6)))
  const S = Matrix.add(U.mmul(U.transpose()), Matrix.eye(N).mul(FLOOR)).div(16)
  const mu = toNumbers(gaussian.mean).map((v) => (v + 2) / 4)
  const mask = operator.parameters.mask
    ? toNumbers(operator.parameters.mask).slice(0, N)
    : Array<number>(N).fill(1)
  const precision = inverse(S)
  for (const [i, m] of mask.entries()) precision.set(i, i, precision.get(i, i) + m / s ** 2)
  const C = inverse(precision)
  const seen = toNumbers(y)
    .slice(0, N)
    .map((v, i) => (mask[i] * (v - mu[i])) / s ** 2)
  return { mean: Matrix.add(Matrix.columnVector(mu), C.mmul(Matrix.columnVector(seen))), C, precision }
}

/** z = 0 and every unit z. */
const units = ndarray([...Array(N).fill(0), ...Matrix.eye(N).to1DArray()], [N + 1, ...EVENT])

const inputOf = ({ y, operator, std }: ObservationSet) => ({
  ...(std ? { noise: ndarray([std.data[0]]) } : {}),
  y: rows(y, 0, 1),
  beside: Object.fromEntries(
    Object.entries(operator.parameters)
      .filter(([name]) => name !== 'kind')
      .map(([name, a]) => [name, rows(a, 0, 1)]),
  ),
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

const RANGE = { from: 0.01, to: 0.3 }

/** With noise that the sampler learned with, and with noise that it is told. */
const cases = [...families, { name: 'masks' }].flatMap((operator) =>
  [NOISE, RANGE].map((noise) => ({
    operator,
    noise,
    title: `${operator.name} with ${typeof noise === 'number' ? 'one noise' : 'noise that it is told'}`,
  })),
)

describe.each(cases)(
  'a fresh sampler of $title draws from the posterior of the fit',
  ({ operator, noise }) => {
    it('here, with its density', async () => {
      const set = await observed(operator, undefined, noise)
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
      const set = await observed(operator, undefined, noise)
      const { model, manifest } = await exportSampler(samplerFor(set), N + 1)
      const names = manifest.inputs.map(({ name }) => name)
      expect(names).toContain('z')
      expect(names.includes('noise')).toBe(typeof noise !== 'number')
      const session = await loadProgram(model)
      const { beside, ...rest } = inputOf(set)
      const { x } = await session.run({ ...rest, ...beside, z: units })
      await session.release()
      expectPosterior(toNumbers(x), set)
    })
  },
)

describe('noise that a sampler is told', () => {
  const other = async (noise: number | NoiseRange) => observed({ name: 'mask' }, undefined, noise)

  it('may be any of its range, of one observation or of all of a set', async () => {
    const sampler = samplerFor(await other(RANGE), RANGE)
    const set = await other(0.2)
    checkRestorable(sampler, set, 'set.npz')
    const { mean } = await restore(sampler, set, { draws: 256, seed: 0 })
    const want = posteriorOf(set)
    const gap = toNumbers(mean)
      .slice(0, N)
      .map((v, i) => Math.abs(v - want.mean.get(i, 0)) / Math.sqrt(want.C.get(i, i)))
    expect(Math.max(...gap)).toBeLessThan(4 / Math.sqrt(256))
  })

  it('is refused outside of it, and where entries differ', async () => {
    const sampler = samplerFor(await other(RANGE), RANGE)
    const loud = await other(0.31)
    expect(() => checkRestorable(sampler, loud, 'set.npz')).toThrow(
      'set.npz: observation 0 has noise 0.31, the sampler was made for 0.01 to 0.3',
    )
    await expect(restore(sampler, loud, { draws: 2, seed: 0 })).rejects.toThrow(/the sampler was made for/)
    const shot = await observed({ name: 'mask' }, 50)
    expect(() => checkRestorable(sampler, shot, 'set.npz')).toThrow(/here entries differ/)
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
