/** Simulations are observed the way that the measurements were, in their units, whatever was done to them. */
import { expect, it } from 'vitest'
import { conditionLayout, conditionShape, measurementsOf } from '../../src/amortize/index.ts'
import { countOfMeasurements, measuredRows } from '../../src/amortize/measured-rows.ts'
import { maskedBy, type OperatorSetting, observe, sourceOf } from '../../src/observations/index.ts'
import { applyAffine, toPrior } from '../../src/operators/index.ts'
import { bernoulli, stream, uniform, uniformBatch } from '../../src/random/index.ts'
import { jit, NdArray, type Tensor, toNumbers, zeros } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

const RANGE = [0, 1] as const
const NOISE = 1e-6 // so that y is A x
const COUNT = 4

const values = (shape: readonly number[]): NdArray<'float32'> => {
  const observation = Array.from({ length: COUNT }, (_, i) => i)
  const { data } = uniformBatch(stream(5, 'x'), { observation }, shape)
  return new NdArray('float32', [COUNT, ...shape], Float32Array.from(data, Number))
}

const cases: { name: string; operator: OperatorSetting; event?: number[]; besides?: boolean }[] = [
  { name: 'identity', operator: { name: 'identity' } },
  { name: 'mask, given', operator: { name: 'mask', settings: { keep: 0.4 } } },
  { name: 'mask, not given', operator: { name: 'mask', settings: { keep: 0.4 } }, besides: false },
  { name: 'projection', operator: { name: 'projection', settings: { dimension: 3 } }, event: [5] },
  { name: 'blur', operator: { name: 'blur', settings: { sigma: 1, size: 3 } } },
  { name: 'pool', operator: { name: 'pool', settings: { factor: 2 } } },
  { name: 'clip', operator: { name: 'clip' } },
  {
    name: 'a mask of what was blurred',
    operator: { name: 'compose', of: [{ name: 'blur', settings: { sigma: 1, size: 3 } }, { name: 'mask' }] },
  },
  {
    name: 'vertices, blindly',
    operator: { name: 'vertices', settings: { keep: 0.4, keepMax: 0.7 }, blind: true },
    event: [1, 24],
    besides: false,
  },
]

it.each(cases)('$name', async ({ operator, event = [1, 8, 8], besides = true }) => {
  const x = values(event)
  const set = await observe(x, { operator, noise: NOISE, range: RANGE, seed: 3 })
  const layout = conditionLayout(set, besides)
  const shape = conditionShape(layout, 'vector')
  const measurements = measurementsOf(set, { layout, condition: shape, blind: operator.blind })
  const { condition, simulate } = measurements
  const arrays = measuredRows(measurements, [0, 1, 2, 3])
  if (!condition || !simulate) throw new Error('these can be simulated')
  const program = jit((rows: Record<string, Tensor>, x: Tensor, e: Tensor) => ({
    real: condition(rows),
    simulated: simulate(rows, x, e),
  }))
  const inside = applyAffine(toPrior(RANGE), x)
  const { real, simulated } = await program(arrays, inside, zeros(arrays.y.shape))
  expect(simulated.shape).toEqual([COUNT, ...shape])
  expectClose(toNumbers(simulated), toNumbers(real), 1e-4)
  await program.release()
})

it('shot noise cannot be simulated: its level follows y', async () => {
  const set = await observe(values([1, 4, 4]), {
    operator: { name: 'identity' },
    noise: 0.1,
    photons: 10,
    seed: 3,
  })
  const layout = conditionLayout(set, true)
  expect(
    measurementsOf(set, { layout, condition: conditionShape(layout, 'vector') }).simulate,
  ).toBeUndefined()
})

it('many observations are read at every step, the same as those in memory', () => {
  const shape = [9000, 1, 32, 32]
  const y = uniform(stream(0, 'y'), shape)
  const mask = bernoulli(stream(0, 'mask'), 0.5, shape)
  const set = { y, operator: maskedBy(mask, [1, 32, 32]), noise: 0.1, range: RANGE } as const
  const options = { layout: conditionLayout(sourceOf(set), true), condition: [2048] }
  const [read, held] = [measurementsOf(sourceOf(set), options), measurementsOf(set, options)]
  expect(read.arrays.y).toHaveProperty('rowsAt')
  expect(countOfMeasurements(read)).toBe(9000)
  for (const index of [
    [8999, 3, 4, 17],
    [5, 5],
  ])
    expect(measuredRows(read, index)).toEqual(measuredRows(held, index))
})
