/** Commands open a set of observations once, however many of their parts need it. */
import { join } from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { run as learn } from '../../src/cli/commands/learn.ts'
import { run as report } from '../../src/cli/commands/report.ts'
import { makeIo } from '../../src/cli/io.ts'
import { writeArrays } from '../../src/formats/index.ts'
import { maskedBy, writeObservations } from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { openRun } from '../../src/run/index.ts'
import { NdArray } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'

const reads = vi.hoisted((): string[] => [])

vi.mock(import('../../src/observations/file/open-observations.ts'), async (original) => {
  const file = await original()
  const openObservations: typeof file.openObservations = (path) => {
    reads.push(path)
    return file.openObservations(path)
  }
  return { ...file, openObservations }
})

beforeEach(() => void reads.splice(0))

const common = { json: undefined, quiet: true, debug: undefined, threads: undefined, seed: undefined }

/** What a command prints. */
const printed = async (work: (io: ReturnType<typeof makeIo>) => Promise<void>): Promise<string> => {
  const said: string[] = []
  const stdout = { write: (text: string) => said.push(text) }
  await work(makeIo({ stdout, stderr: { write: () => true } }, { quiet: true }, new AbortController().signal))
  return said.join('')
}

/** Vectors of N(0, 1), half of whose entries are seen. */
const vectors = (path: string, count: number): void => {
  const mask = bernoulli(stream(1, 'mask'), 0.5, [count, 4])
  const data = normal(stream(1, 'x'), [count, 4]).data.map((v, i) => v * mask.data[i])
  const y = new NdArray('float32', [count, 4], data)
  writeObservations(path, { y, operator: maskedBy(mask, [4]), noise: 0.1, range: [-4, 4] })
}

const TINY = [
  ...['em.laps=1', 'em.batch=2', 'em.sampling.steps=2', 'gaussian.rank=2', 'gaussian.iterations=1'],
  ...['gaussian.steps=2', 'train.steps=2', 'train.firstSteps=2', 'train.lastSteps=2', 'train.batch=2'],
  ...['monitor.samples=2', 'monitor.steps=2', 'monitor.held.observations=0', 'net.emb=8'],
]

it("of 'learn SET', which says one lap in the singular", async () => {
  const folder = scratch()
  const [set, run] = [join(folder, 'set.npz'), join(folder, 'run')]
  vectors(set, 8)
  const options = {
    ...common,
    run,
    resume: false,
    breakLock: undefined,
    device: 'cpu',
    checkpointEvery: 60,
    minutes: 1,
    overcommit: undefined,
    workers: undefined,
    executor: undefined,
    queue: undefined,
    share: undefined,
  } as const
  const text = await printed((io) => learn([set, ...TINY], options, io))
  expect(reads).toEqual([set])
  expect(text).toMatch(/from +8 observations, 1 lap$/m)
})

it("of 'report', when the run has learned from the set that it restores", async () => {
  const folder = scratch()
  const [set, path, draws] = ['set.npz', 'run', 'draws.npz'].map((name) => join(folder, name))
  vectors(set, 3)
  writeArrays(draws, { draws: normal(stream(0, 'draws'), [5, 3, 4]) })
  openRun(path, { config: { em: { laps: 1 }, data: { observations: set } } }).close()
  const none = { truth: undefined, held: undefined, baselines: undefined, output: undefined }
  await printed((io) => report([path], { ...common, ...none, draws, observations: set }, io))
  expect(reads).toEqual([set])
})
