import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type DiemHooks,
  type DiemOptions,
  type DiemState,
  diem,
  keptSamples,
  ppca,
} from '../../src/em/index.ts'
import { range } from '../../src/posterior/index.ts'
import { flatten, mul, type NdArray, ndarray, rows, toNumbers } from '../../src/tensor/index.ts'
import { memorySamples } from '../../src/training/index.ts'
import { expectClose } from '../numbers.ts'
import { COUNT, latents, net, options, set } from './small-learning.ts'

/** Shards that are written in a state. */
const written = ({ position: { lap, stage, done }, samples: { layout } }: DiemState): number =>
  stage === 'sample' ? done : lap < 0 ? 0 : layout.bounds.length - 1

/** A state as it was when it was seen: the loop goes on writing into its samples. */
const copy = (state: DiemState): DiemState => {
  const { layout, rowsAt } = state.samples
  const samples = memorySamples(layout)
  for (let i = 0; i < written(state); i++)
    samples.write(i, rowsAt(range(layout.bounds[i], layout.bounds[i + 1])))
  return { ...state, samples }
}

/** The samples of a state that learning uses. */
const samplesOf = (state: DiemState): NdArray<'float32'> => {
  const { count, rowsAt } = keptSamples(state)
  return rowsAt(range(0, count))
}

/** Everything in a state as numbers; the samples where all are drawn. */
const numbers = (state: DiemState) => {
  const { position, gaussian, train } = state
  const samples = written(state) > 0 ? samplesOf(state) : ndarray([])
  const { mean, covariance } = gaussian
  const { variance, factor } = covariance.kind === 'lowRank' ? covariance : { variance: 0, factor: mean }
  const arrays = Object.entries(flatten({ mean, factor, samples, train }))
  return { position, variance, ...Object.fromEntries(arrays.map(([name, a]) => [name, toNumbers(a)])) }
}

/** Learns, noting every state and every end of a lap. */
const learn = async (more: Partial<DiemOptions> = {}, hooks: DiemHooks = {}, resume?: DiemState) => {
  const states: DiemState[] = []
  const laps: { lap: number; state: DiemState }[] = []
  const end = await diem(
    net,
    set,
    { ...options, ...more },
    {
      wantsCheckpoint: () => true,
      onCheckpoint: (state) => states.push(copy(state)),
      ...hooks,
      onLap: async (lap, state) => {
        await hooks.onLap?.(lap, state)
        laps.push({ lap, state: copy(state) })
      },
    },
    resume,
  )
  return { end, states, laps }
}

describe('DiEM', () => {
  let whole: Awaited<ReturnType<typeof learn>>
  beforeAll(async () => {
    whole = await learn()
  })

  it('samples and trains lap by lap, and saves itself at every step', () => {
    // Three batches of each of two draws, then the steps of the lap; the last unit of a stage
    // is saved as the next stage.
    const stages = whole.states.map(({ position: { lap, stage, done } }) => `${lap} ${stage} ${done}`)
    const sampled = [0, 1, 2, 3, 4, 5]
    const lap = (k: number, steps: number) => [
      ...sampled.map((done) => `${k} sample ${done}`),
      ...Array.from({ length: steps }, (_, done) => `${k} train ${done}`),
    ]
    expect(stages).toEqual(['-1 train 0', ...lap(0, 4), ...lap(1, 3), '2 sample 0'])
    expect(whole.laps.map(({ lap }) => lap)).toEqual([-1, 0, 1])
    expect(whole.end.position).toEqual({ lap: 2, stage: 'sample', done: 0 })
  })

  it('goes on from any saved state to the same bytes', async () => {
    const want = numbers(whole.end)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.states.length - 1 }), async (i) => {
        const resumed = await learn({}, {}, copy(whole.states[i]))
        expect(numbers(resumed.end)).toEqual(want)
        const { lap } = whole.states[i].position
        expect(resumed.laps.map((told) => told.lap)).toEqual([-1, 0, 1].filter((k) => k >= lap))
      }),
      { numRuns: 8, examples: [[0], [whole.states.length - 1]] },
    )
  }, 120_000)

  it('interrupted at any moment, saves a state that goes on to the same bytes', async () => {
    const want = numbers(whole.end)
    for (const stop of [1, 4, 9, 13, 17]) {
      const controller = new AbortController()
      const states: DiemState[] = []
      let events = 0
      const interrupted = learn(
        {},
        {
          signal: controller.signal,
          wantsCheckpoint: () => false,
          onCheckpoint: (state) => states.push(copy(state)),
          onProgress: () => {
            if (++events === stop) controller.abort()
          },
        },
      )
      await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' })
      const resumed = await learn({}, {}, states.at(-1))
      expect(numbers(resumed.end)).toEqual(want)
    }
  }, 120_000)

  it('tells the end of a lap again when it was interrupted while telling it', async () => {
    for (const at of [-1, 0, 1]) {
      const controller = new AbortController()
      const states: DiemState[] = []
      const interrupted = learn(
        {},
        {
          signal: controller.signal,
          wantsCheckpoint: () => false,
          onCheckpoint: (state) => states.push(copy(state)),
          onLap: async (lap) => {
            if (lap !== at) return
            controller.abort()
            throw new Error('stopped in the middle')
          },
        },
      )
      await expect(interrupted).rejects.toThrow('stopped in the middle')
      const resumed = await learn({}, {}, states.at(-1))
      expect(resumed.laps.map(({ lap }) => lap)).toEqual([-1, 0, 1].filter((lap) => lap >= at))
      expect(numbers(resumed.end)).toEqual(numbers(whole.end))
    }
  }, 120_000)

  it('draws several samples of each observation, which do not depend on the batch', async () => {
    const samples = (run: typeof whole, lap: number) =>
      run.laps.filter((told) => told.lap === lap).map(({ state }) => samplesOf(state))[0] ?? latents
    const first = samples(whole, 0)
    expect(first.shape).toEqual([2 * COUNT, 4])
    const [one, two] = [rows(first, 0, COUNT), rows(first, COUNT, 2 * COUNT)].map(toNumbers)
    expect(Math.max(...one.map((v, i) => Math.abs(v - two[i])))).toBeGreaterThan(0.1)
    for (const batch of [1, 64])
      expectClose(samples(await learn({ batch, laps: 1 }), 0).data, first.data, 1e-4)

    // Each explains its observation: y − A x is noise of size 0.1.
    const { data } = set.operator.parameters.matrix
    const gaps = Array.from({ length: 4 * COUNT }, (_, k) => {
      const [i, row] = [Math.floor(k / 2), k % (2 * COUNT)]
      const clean = [0, 1, 2, 3].reduce((sum, d) => sum + data[4 * row + d] * first.data[4 * i + d], 0)
      return set.y.data[row] - clean
    })
    const rms = Math.sqrt(gaps.reduce((sum, v) => sum + v * v, 0) / gaps.length)
    expect(rms).toBeGreaterThan(0.03)
    expect(rms).toBeLessThan(0.2)
  }, 60_000)

  it('drops samples outside the bound from the second lap on, never all of them', async () => {
    const bound = 1.2
    const { laps } = await learn({ bound })
    const outside = (lap: number) =>
      laps
        .filter((told) => told.lap === lap)
        .flatMap(({ state }) => toNumbers(samplesOf(state)).filter((v) => Math.abs(v) >= bound)).length
    expect(outside(0)).toBeGreaterThan(0)
    expect(outside(1)).toBe(0)
    const kept = keptSamples(laps[2].state).count
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(2 * COUNT)
    await expect(learn({ bound: 1e-6 })).rejects.toMatchObject({ code: 'numeric' })
  }, 60_000)

  it('stops when the sampler diverges, naming the lap; the last state saved is before that', async () => {
    const states: DiemState[] = []
    const diverging = learn(
      { method: () => (prior) => (xt, sigma) => mul(prior(xt, sigma), Number.NaN) },
      { onCheckpoint: (state) => states.push(copy(state)) },
    )
    await expect(diverging).rejects.toMatchObject({
      code: 'numeric',
      message: expect.stringMatching(/^posterior sample 0 of lap 2 is not finite/),
    })
    expect(states.at(-1)?.position).toEqual({ lap: 1, stage: 'sample', done: 0 })
  })

  it('keeps the Gaussian of the start unless it is asked to refit it', async () => {
    const start = numbers(whole.states[0])
    expect(numbers(whole.end).variance).not.toBe(start.variance)
    const { states, end } = await learn({ refitRank: undefined })
    expect(numbers(end).variance).toBe(numbers(states[0]).variance)
  }, 60_000)

  it('refits it to the first samples only, when it is told how many', async () => {
    const { laps } = await learn({ laps: 1, refitCount: 5 })
    const { gaussian } = laps[1].state
    const samples = samplesOf(laps[1].state)
    const few = await ppca(rows(samples, 0, 5), 2)
    expect(toNumbers(gaussian.mean)).toEqual(toNumbers(few.mean))
    expect(toNumbers(gaussian.mean)).not.toEqual(toNumbers((await ppca(samples, 2)).mean))
  }, 60_000)

  it('begins each lap with a fresh optimiser at the averaged weights', () => {
    const [last, first] = ['0 train 3', '1 sample 0'].map((name) =>
      whole.states.find(({ position: { lap, stage, done } }) => `${lap} ${stage} ${done}` === name),
    )
    const training = whole.states.find(({ position }) => position.lap === 1 && position.stage === 'train')
    if (!last || !first || !training) throw new Error('these states were listed above')
    const entries = (state: DiemState, part: 'params' | 'average') => flatten({ part: state.train[part] })
    expect(entries(training, 'params')).toEqual(entries(first, 'average'))
    expect(entries(training, 'params')).not.toEqual(entries(first, 'params'))
    const moments = Object.values(flatten({ moments: training.train.moments })).flatMap(toNumbers)
    expect(moments.every((v) => v === 0)).toBe(true)
  })
})
