/** The samples of a lap in a run folder: they last as long as a resume point goes on with them. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type DiemHooks, type DiemPoint, diem } from '../../../src/em/index.ts'
import { encodeSafetensors, readSafetensors } from '../../../src/formats/index.ts'
import { network } from '../../../src/nn/index.ts'
import { type LearnRequest, learn, openRun } from '../../../src/run/index.ts'
import { folderSamples } from '../../../src/run/learning/shard-folder.ts'
import { flatten, zeros } from '../../../src/tensor/index.ts'
import { scratch } from '../scratch.ts'
import { request as small } from '../shards/small-run.ts'

/** Three laps of six shards. */
const request = (count?: number): LearnRequest => small({ laps: 3, ...(count ? { count } : {}) })

const { net, set, options } = request()
const averages = ({ train }: Pick<DiemPoint, 'train'>) => flatten({ average: train.average })

class Killed extends Error {}

describe('samples on disk', () => {
  it('make the learning that samples in memory make, also when it is killed between two points', async () => {
    const inMemory = await diem(network(net), set, options)
    const whole: string[] = []
    await diem(network(net), set, options, {
      onProgress: ({ phase, lap, done }) => whole.push(`${lap} ${phase} ${done}`),
    })
    for (let stop = 3; stop <= whole.length; stop += 4) {
      const draws = scratch()
      let point: DiemPoint | undefined
      let left = stop
      const hooks: DiemHooks = {
        samples: (lap, layout, written) => folderSamples(join(draws, `${lap}`), layout, written),
        // Every third unit of work is saved: a killed process has written shards that no point knows of.
        wantsCheckpoint: () => left % 3 === 0,
        onCheckpoint: ({ samples: _, ...saved }) => {
          point = saved
        },
        onProgress: () => {
          if (--left === 0) throw new Killed()
        },
      }
      await expect(diem(network(net), set, options, hooks)).rejects.toThrow(Killed)
      const end = await diem(network(net), set, options, hooks, point)
      expect(averages(end)).toEqual(averages(inMemory))
      expect(end.gaussian).toEqual(inMemory.gaussian)
    }
  }, 120_000)

  it('are told of in one line where a point is resumed without them', async () => {
    const points: DiemPoint[] = []
    const hooks: DiemHooks = {
      wantsCheckpoint: () => true,
      onCheckpoint: ({ samples: _, ...saved }) => points.push(saved),
    }
    await diem(network(net), set, { ...options, laps: 1 }, hooks)
    const training = points.find(({ position: { lap, stage } }) => lap === 0 && stage === 'train')
    await expect(diem(network(net), set, options, {}, training)).rejects.toMatchObject({
      code: 'input',
      message: 'learning: the samples of lap 1 are not part of the saved state',
    })
  })
})

const draws = (path: string): string[] => readdirSync(join(path, 'draws')).sort()
const points = (path: string): string[] =>
  readdirSync(join(path, 'checkpoints')).filter((name) => /^\d{6}-/.test(name))
const prior = (path: string) => readFileSync(join(path, 'checkpoints', 'prior.safetensors'))

/** Learns in a folder, until so many steps of progress are made. */
const learned = async (path: string, steps = Number.POSITIVE_INFINITY, more: Partial<LearnRequest> = {}) => {
  const run = openRun(path, { config: {}, resume: true })
  const stopped = new AbortController()
  const seen: { at: string; draws: string[] }[] = []
  let left = steps
  const onProgress: LearnRequest['onProgress'] = ({ phase, lap, done }) => {
    seen.push({ at: `${lap} ${phase} ${done}`, draws: draws(path) })
    if (--left === 0) stopped.abort()
  }
  try {
    await learn(run, { ...request(), onProgress, signal: stopped.signal, ...more }).catch((error) => {
      if (left > 0) throw error
    })
  } finally {
    run.close()
  }
  return seen
}

/** Units of work: two iterations of the start, and six shards and four steps a lap. */
const LAP = 6 + 4

describe('a run folder', () => {
  it('has samples of the lap, and of the one before while a point is in it, at the end none', async () => {
    const path = join(scratch(), 'run')
    const seen = await learned(path)
    const at = (name: string) => seen.find((event) => event.at === name)?.draws
    expect(at('1 gaussian start 2')).toEqual(['start'])
    expect(at('1 sampling 2')).toEqual(['lap-001'])
    expect(at('2 sampling 1')).toEqual(['lap-001', 'lap-002'])
    expect(at('2 sampling 4')).toEqual(['lap-002'])
    expect(at('3 training 4')).toEqual(['lap-003'])
    expect(draws(path)).toEqual([])
  }, 60_000)

  it('stopped anywhere has what it goes on with, and ends with the same bytes', async () => {
    const whole = join(scratch(), 'whole')
    await learned(whole)
    for (const steps of [1, 2 + 3, 2 + LAP + 2, 2 + LAP + 8, 2 + 2 * LAP + 6]) {
      const path = join(scratch(), 'run')
      await learned(path, steps)
      expect(draws(path).length).toBeGreaterThan(0)
      await learned(path)
      expect(prior(path).equals(prior(whole))).toBe(true)
      expect(draws(path)).toEqual([])
    }
  }, 120_000)

  it('can go on from either of its last two points', async () => {
    const path = join(scratch(), 'run')
    let left = 2 + LAP + 1
    const onProgress = () => {
      if (--left === 0) throw new Killed() // before anything of the second lap is saved
    }
    await expect(learned(path, Number.POSITIVE_INFINITY, { onProgress })).rejects.toThrow(Killed)
    const [older, newer] = points(path)
    expect([older, newer]).toEqual([
      expect.stringMatching(/lap-0-train/),
      expect.stringMatching(/lap-1-sample/),
    ])
    expect(draws(path)).toEqual(['lap-001', 'lap-002'])
    rmSync(join(path, 'checkpoints', newer))
    await learned(path)
    const whole = join(scratch(), 'whole')
    await learned(whole)
    expect(prior(path).equals(prior(whole))).toBe(true)
  }, 60_000)

  it('goes on beside an older point that is damaged', async () => {
    const [path, whole] = [join(scratch(), 'run'), join(scratch(), 'whole')]
    await learned(path, 2 + LAP + 3)
    writeFileSync(join(path, 'checkpoints', points(path)[0]), 'no longer what it was')
    await learned(path)
    await learned(whole)
    expect(prior(path).equals(prior(whole))).toBe(true)
  }, 60_000)

  it('has resume points that do not grow with the data', async () => {
    const size = async (count: number) => {
      const path = join(scratch(), 'run')
      // With a bound the point has the numbers of the rows that are kept.
      const { set, options } = request(count)
      await learned(path, 2 + LAP + 1, { set, options: { ...options, bound: undefined } })
      return statSync(join(path, 'checkpoints', points(path)[1])).size
    }
    expect(Math.abs((await size(200)) - (await size(20)))).toBeLessThan(64)
  }, 60_000)
})

describe('a resume point of version 0.2, which held its samples', () => {
  const withSamples = (path: string): void => {
    const file = join(path, 'checkpoints', points(path)[1])
    const { arrays, metadata } = readSafetensors(file)
    writeFileSync(file, encodeSafetensors({ ...arrays, samples: zeros([40, 4]) }, metadata))
    rmSync(join(path, 'draws'), { recursive: true })
  }

  it('is sampled again where it was sampling, to the same bytes', async () => {
    const [path, whole] = [join(scratch(), 'run'), join(scratch(), 'whole')]
    await learned(path, 2 + LAP + 3)
    withSamples(path)
    await learned(path)
    await learned(whole)
    expect(prior(path).equals(prior(whole))).toBe(true)
  }, 60_000)

  it('is refused in one line where it was training', async () => {
    const path = join(scratch(), 'run')
    await learned(path, 2 + LAP + 8)
    withSamples(path)
    await expect(learned(path)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(
        /-lap-1-train\.safetensors: holds the samples of its lap, as version 0\.2/,
      ),
    })
    expect(existsSync(join(path, 'checkpoints', 'prior.safetensors'))).toBe(false)
  }, 60_000)
})
