import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/cli/config/config.ts'
import { experimentSchema } from '../../../src/cli/config/schema.ts'
import { learnCounts, trainCounts } from '../../../src/cli/plan/count-experiment.ts'
import { type Counts, peakOf, storedBytes, timesOf } from '../../../src/cli/plan/plan.ts'
import { fewObservations } from '../../../src/cli/plan/subject.ts'
import { misfitsOf, misfitWords } from '../../../src/cli/plan/verdict.ts'
import { flopsOfDraw, flopsOfStep } from '../../../src/cli/plan/words.ts'
import { tweedie } from '../tweedie.ts'

const counted = async (path: string, ...overrides: string[]): Promise<Counts> => {
  const experiment = loadConfig(experimentSchema, path, overrides)
  return learnCounts(experiment, await fewObservations(experiment))
}

/** A network of one hidden layer: [5 + 64] → 32 → 5. */
const SMALL = ['net.hidden=[32]', 'data.count=1000', 'em.laps=4', 'train.steps=100', 'train.batch=64']

describe('the counts of an experiment', () => {
  it('are those of its network by hand', async () => {
    const { step, draw } = await counted('experiments/manifold.yaml', ...SMALL)
    const [inner, outer] = [69 * 32, 32 * 5]
    expect(step.cost.parameters).toBe(inner + 32 + outer + 5)
    // Each product once forward; backward for the weights of both, and for the inputs of the last.
    const training = 2 * 64 * (2 * inner + 3 * outer)
    expect(step.cost.flops).toBe(training)
    expect(step.laps).toEqual([100, 100, 100, 100])
    expect(draw?.count).toBe(1000)
    // Lap 1 draws under the Gaussian. Predictor and corrector, the denoise at the end, the start's two.
    expect(draw?.laps).toEqual([0, ...Array(3).fill(2 * 4096 + 3)])
  })

  it('grow with the batch', async () => {
    const [one, two] = await Promise.all(
      [64, 128].map((batch) => counted('experiments/manifold.yaml', ...SMALL, `train.batch=${batch}`)),
    )
    expect(flopsOfStep(two)).toBe(2 * flopsOfStep(one))
    const training = ({ stages }: Counts) => stages.find(({ name }) => name === 'training')?.memory ?? 0
    expect(training(two)).toBeGreaterThan(training(one))
  })

  it('know the sampler: two evaluations for a draw more, twice the draws of a lap', async () => {
    const [plain, more] = await Promise.all(
      [['em.draws=1'], ['em.draws=2', 'em.sampling.steps=4097']].map((fields) =>
        counted('experiments/manifold.yaml', ...SMALL, ...fields),
      ),
    )
    expect(more.draw?.count).toBe(2000)
    const each = (flopsOfDraw(plain) ?? 0) / (2 * 4096 + 3)
    expect((flopsOfDraw(more) ?? 0) - (flopsOfDraw(plain) ?? 0)).toBeCloseTo(2 * each, 0)
  })

  it('of training have no draws', async () => {
    const experiment = loadConfig(experimentSchema, 'experiments/bunny.yaml')
    const { draw, step, items } = await trainCounts(experiment, { event: [1, 1896], count: 8500 })
    expect({ draw, laps: step.laps, items }).toEqual({ draw: undefined, laps: [700], items: 8500 })
  })
})

describe('times', () => {
  it('are those of the paces by proportion', async () => {
    const counts = await counted('experiments/manifold.yaml', ...SMALL)
    const evaluations = 2 * 4096 + 3
    const drawn = 1000 * evaluations * 1e-6
    const { step, draw, lap, run } = timesOf(counts, { step: 0.01, evaluation: 1e-6 })
    expect(step).toBe(0.01)
    expect(draw).toBeCloseTo(evaluations * 1e-6)
    expect(lap).toBeCloseTo(drawn + 1)
    expect(run).toBeCloseTo(3 * drawn + 4)
    expect(timesOf(counts, { step: 0.01, evaluation: 1e-6 }, 4).run).toBeCloseTo(run / 4)
  })
})

describe('what does not fit', () => {
  it('is said with the fields that change it, and refused where it cannot fit at all', async () => {
    const counts = await counted('experiments/manifold.yaml', ...SMALL)
    const { memory } = peakOf(counts)
    const room = (bytes: number, disk = 1e12) => ({ memory: { bytes, of: 'machine' as const }, disk })
    expect(misfitsOf(counts, room(memory))).toEqual([])
    const [near] = misfitsOf(counts, room(0.9 * memory))
    expect(near.certain).toBe(false)
    const far = misfitsOf(counts, room(0.1 * memory))
    expect(far.map(({ certain }) => certain)).toEqual(counts.stages.map(() => true))
    expect(far.map(misfitWords).join('\n')).toMatch(/drawing needs about .* change em.batch/)
    const [disk] = misfitsOf(counts, room(1e12, storedBytes(counts) - 1))
    expect(misfitWords(disk)).toMatch(/^disk: .*change/)
  })
})

describe('tweedie plan', () => {
  it('takes data that are not there by the name of their folder', () => {
    const { stdout, status } = tweedie('plan', 'experiments/mri-paper.yaml', '--counts-only', '--json')
    expect(status).toBe(0)
    const plan = JSON.parse(stdout)
    expect(plan.parameters).toBe(77_648_912)
    expect(plan.data).toMatchObject({ items: 24_853, event: [1, 320, 320] })
    // Its observations and draws are 20 GB each, on disk.
    const at = (list: { name: string; bytes: number }[], wanted: string) =>
      list.find(({ name }) => name === wanted)?.bytes
    expect(at(plan.disk.stored, 'observations')).toBe(24_853 * 4 * (2 * 320 * 320 + 320))
    expect(at(plan.memory.stages, 'the Gaussian of a lap')).toBeLessThan(4 * 2 ** 30)
    expect(plan.memory.peak).toBeLessThan(20e9)
  })

  it('measures two steps', () => {
    const small = ['net.channels=[8,8]', 'net.blocks=[1,1]', 'data.count=20', 'em.laps=3', 'em.early.laps=0']
    const { stdout, status } = tweedie('plan', 'experiments/demo.yaml', ...small, '--workers', '2', '--json')
    expect(status).toBe(0)
    const { seconds, workers, measured } = JSON.parse(stdout)
    expect(measured).toEqual({ rows: 64, drawRows: 20 })
    expect(seconds.run).toBeGreaterThan(seconds.lap)
    expect(workers.seconds.run).toBeCloseTo(seconds.run / 2, 6)
  })

  it('asks for the prior of a distillation', () => {
    const { stderr, status } = tweedie('plan', 'experiments/distill/digits-paper.yaml', '--counts-only')
    expect(status).toBe(2)
    expect(stderr).toMatch(/'runs\/digits' is not there.*--prior/)
  })
})
