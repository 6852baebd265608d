/** Steps on parts of a batch, and several in one program, beside steps on whole batches. */
import { describe, expect, it } from 'vitest'
import { boundNegLogPrior, initFlowState, reverseObjective } from '../../src/amortize/index.ts'
import { gaussianDenoiser, standardGaussian } from '../../src/diffusion/index.ts'
import { realNvp } from '../../src/flows/index.ts'
import { constantRate } from '../../src/nn/index.ts'
import { identity, isotropicNoise } from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  add,
  flatten,
  leavesOf,
  mean,
  ndarray,
  square,
  sub,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { initTrainState, type Objective, type TrainOptions, trainer } from '../../src/training/index.ts'
import { distance } from '../numbers.ts'
import { exactCase, type ObjectiveCase, objectiveCases, stateIn } from './objectives.ts'

const options: TrainOptions = { batch: 12, rate: (step) => 1e-3 / (1 + step), ema: 0.9 }
const STEPS = 3

type Precision = 'float32' | 'float64'

/** Numbers of the state after some steps, and the figures of each. */
const run = async ({ start }: ObjectiveCase, more: Partial<TrainOptions>, precision: Precision) => {
  const { state: first, make } = await start()
  const { advance, release } = make({ ...options, ...more }, precision)
  const figures: number[] = []
  let [state, done] = [stateIn(first, precision), 0]
  while (done < STEPS) {
    const next = await advance(state, { lap: 1, step: done }, STEPS - done)
    state = next.state
    done += next.taken.length
    for (const { terms, gradient } of next.taken) figures.push(...Object.values(terms), gradient)
  }
  await release()
  return { figures, state: Object.values(flatten(state)).flatMap(toNumbers) }
}

const withPrecision = objectiveCases.flatMap((entry) =>
  (entry.single ? (['float32'] as const) : (['float64', 'float32'] as const)).map((precision) => ({
    ...entry,
    precision,
    // Adam divides by √v: of gradients near 0 it is their rounding that moves the weight.
    tolerance: precision === 'float64' ? 1e-12 : 2e-5,
  })),
)

describe.each(withPrecision)('$name in $precision', ({ precision, tolerance, ...entry }) => {
  it('takes the same step on parts of a batch as on the whole', async () => {
    const whole = await run(entry, {}, precision)
    for (const microBatch of [4, 5]) {
      const parts = await run(entry, { microBatch }, precision)
      expect(distance(parts.figures, whole.figures), `figures by ${microBatch}`).toBeLessThan(tolerance)
      expect(distance(parts.state, whole.state), `state by ${microBatch}`).toBeLessThan(tolerance)
    }
  })

  it('takes the same steps in one program as in several', async () => {
    const single = await run(entry, {}, precision)
    for (const stepsPerRun of [2, 5]) {
      const several = await run(entry, { stepsPerRun }, precision)
      expect(distance(several.figures, single.figures), `figures by ${stepsPerRun}`).toBeLessThan(tolerance)
      expect(distance(several.state, single.state), `state by ${stepsPerRun}`).toBeLessThan(tolerance)
    }
  })
})

describe('steps that are something else', () => {
  const data = [1, 2, 3, 6, 7]
  /** Σ (w − y)²/B; the number of batches and their mean are its statistics. */
  const squares: Objective<{ readonly y: Tensor }> = {
    count: data.length,
    batch: ({ rows }) => ({ y: ndarray(rows.map((i) => data[i])) }),
    loss: ({ params, statistics }, { y }) => {
      const [w] = leavesOf(params)
      const [batches] = leavesOf(statistics)
      return {
        terms: { loss: mean(square(sub(w, y))) },
        statistics: { batches: add(batches, 1), mean: mean(y) },
      }
    },
  }
  const start = initTrainState({ w: ndarray([1], []) }, { batches: ndarray([0], []), mean: ndarray([0], []) })
  const make = (objective: Objective<{ readonly y: Tensor }>, more: Partial<TrainOptions>) =>
    trainer(objective, { batch: 5, rate: constantRate(0.5), ...more }, stream(0, 'rows'))

  it.each([1, 2, 3, 4, 5, 9])('weigh parts by their rows: the whole batch by %i', async (microBatch) => {
    const { step, release } = make(squares, { microBatch })
    const { state, terms, gradient } = await step(start, { step: 0 })
    expect(terms.loss).toBeCloseTo((0 + 1 + 4 + 25 + 36) / 5, 5)
    expect(gradient).toBeCloseTo(2 * (3.8 - 1), 5)
    expect(Object.values(flatten(state.statistics)).map((s) => toNumbers(s)[0])).toEqual([
      1,
      expect.closeTo(3.8, 5),
    ])
    await release()
  })

  it('are refused for batches whose arrays have no rows in common', async () => {
    const odd = { ...squares, batch: () => ({ y: ndarray([1, 2, 3]), z: ndarray([1, 2]) }) }
    const { step, release } = make(odd, { microBatch: 2 })
    await expect(step(start, { step: 0 })).rejects.toThrow(
      'microBatch: the arrays of a batch need as many rows each, got 3 and 2',
    )
    await release()
  })

  it('are refused where they do not apply', () => {
    expect(() => make(squares, { microBatch: 0 })).toThrow('microBatch must be a positive integer, got 0')
    expect(() => make(squares, { stepsPerRun: 1.5 })).toThrow('stepsPerRun must be a positive integer')
    expect(() => make(squares, { stepsPerRun: 2, microBatch: 2 })).toThrow(
      'stepsPerRun goes without microBatch',
    )
    expect(() => exactCase().make({ ...options, stepsPerRun: 2 }, 'float32')).toThrow(
      'stepsPerRun must be 1: the objective looks at the state before each step',
    )
  })

  it('name the step whose loss is no number, inside a program too', async () => {
    const late: Objective<{ readonly y: Tensor }> = {
      ...squares,
      batch: ({ at: { step } }) => ({ y: ndarray(step === 6 ? [Number.NaN, 1] : [1, 2]) }),
    }
    const { advance, release } = make(late, { stepsPerRun: 4 })
    await expect(advance(start, { lap: 2, step: 4 }, 4)).rejects.toThrow(/loss is NaN at lap 2, step 6, /)
    await release()
  })

  it('take the exact log-density of the whole batch’s draws in parts too', async () => {
    const [whole, parts] = [{}, { microBatch: 5 }].map((more) =>
      exactCase().make({ ...options, ...more }, 'float32'),
    )
    const { state } = exactCase()
    const [a, b] = [await whole.step(state, { step: 0 }), await parts.step(state, { step: 0 })]
    expect(distance(Object.values(b.terms), Object.values(a.terms))).toBeLessThan(2e-5)
    await Promise.all([whole.release(), parts.release()])
  })

  it('normalise each part of a batch by itself where a flow has BatchNorm', async () => {
    const flow = realNvp({ size: 6, condition: 6, steps: 2, hidden: 6 })
    const observe = ({ y }: { y: Tensor }) => ({ y, A: identity([6]), noise: isotropicNoise(0.3) })
    const measurements = { arrays: { y: normal(stream(1, 'y'), [40, 6]) }, observe }
    const streamOf = (purpose: string) => stream(7, purpose)
    const prior = gaussianDenoiser(standardGaussian(6))
    const reverse = () =>
      reverseObjective(flow, boundNegLogPrior(prior, streamOf), measurements, {}, streamOf)
    const first = initFlowState(flow.init(0))
    const stepped = async (more: Partial<TrainOptions>) => {
      const { step, release } = trainer(reverse(), { ...options, ...more }, streamOf('rows'))
      const { state } = await step(first, { step: 0 })
      await release()
      return Object.entries(flatten(state.statistics))
    }
    const [whole, parts] = [await stepped({}), await stepped({ microBatch: 6 })]
    // The first layer that is drawn sees the same rows: the mean of its means is that of the batch, the mean
    // of its variances lacks what is between the parts.
    const ofLast = (all: typeof whole, what: string) =>
      all.filter(([name]) => name.startsWith('3.') && name.endsWith(what)).map(([, a]) => toNumbers(a))
    expect(ofLast(whole, 'mean').length).toBeGreaterThan(0)
    expect(distance(ofLast(parts, 'mean')[0], ofLast(whole, 'mean')[0])).toBeLessThan(1e-6)
    const [less, more] = [ofLast(parts, 'variance')[0], ofLast(whole, 'variance')[0]]
    expect(less.every((v, i) => v <= more[i] + 1e-7)).toBe(true)
    expect(distance(less, more)).toBeGreaterThan(1e-5)
  })
})
