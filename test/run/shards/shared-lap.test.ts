/** A lap that others draw: whoever draws, and whatever happens to them, the prior is the same bit for bit. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { TweedieError } from '../../../src/error.ts'
import { readSafetensors } from '../../../src/formats/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import {
  type Job,
  jobRequest,
  jobWorker,
  laterExecutor,
  openLaps,
  type ShardJob,
  waitingJobs,
} from '../../../src/run/index.ts'
import { lapFile } from '../../../src/run/shards/lap-file.ts'
import { shardFile } from '../../../src/run/shards/shard-file.ts'
import { scratch } from '../scratch.ts'
import { drawnHere, learned, priorOf, request, SHARDS, software } from './small-run.ts'

/** The prior of a process that draws for itself. */
let alone: Buffer
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-shards-'))
  try {
    await learned(join(folder, 'run'))
    alone = priorOf(join(folder, 'run'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const folderOf = (path: string, { lap }: ShardJob): string => join(path, 'draws', lap)
const fileOf = (path: string, job: ShardJob): string => shardFile(folderOf(path, job), job.shard)

describe('a lap that others draw', () => {
  it('gives the prior of the process that learns alone', async () => {
    const path = join(scratch(), 'run')
    const executor = drawnHere(path)
    await learned(path, { executor })
    expect(priorOf(path)).toEqual(alone)
    expect(executor.given.length).toBe(SHARDS)
    expect(executor.given.slice(0, 3).map(({ shard, from, to }) => [shard, from, to])).toEqual([
      [0, 0, 8],
      [1, 8, 16],
      [2, 16, 20],
    ])
  })

  it('is the same whatever the order, and when every shard is drawn twice', async () => {
    const path = join(scratch(), 'run')
    const executor = drawnHere(path)
    const waiting: (() => void)[] = []
    // All of a lap are asked for before the first is drawn; the last goes first.
    const backwards = {
      ...executor,
      run: (job: Job) =>
        new Promise<void>((resolve, reject) => {
          waiting.push(() => {
            executor
              .run(job)
              .then(() => executor.run(job))
              .then(resolve, reject)
          })
          if (waiting.length === SHARDS / 2) for (const begin of waiting.splice(0).reverse()) begin()
        }),
    }
    await learned(path, { executor: backwards })
    expect(priorOf(path)).toEqual(alone)
    expect(executor.given[0]?.shard).toBe(5)
    expect(executor.given.length).toBe(2 * SHARDS)
  })

  it('asks again where a worker was lost, a file is damaged, absent, or of another lap', async () => {
    const path = join(scratch(), 'run')
    const harm = (job: ShardJob, attempt: number): void => {
      if (attempt > 1) return
      const file = fileOf(path, job)
      const bytes = readFileSync(file)
      if (job.shard === 1) {
        bytes[bytes.length - 1] ^= 1
        writeFileSync(file, bytes)
      }
      if (job.shard === 2) rmSync(file)
      if (job.shard === 3)
        writeFileSync(file, readFileSync(fileOf(path, { ...job, shard: 0 })).subarray(0, 50))
      if (job.shard === 4 && job.lap === 'lap-002') writeFileSync(file, stale)
      if (job.shard === 4 && job.lap === 'lap-001') stale = bytes
    }
    let stale = Buffer.alloc(0)
    const executor = drawnHere(
      path,
      (job, attempt) => {
        if (job.shard === 0 && attempt < 3) throw new Error('killed')
      },
      harm,
    )
    await learned(path, { executor })
    expect(priorOf(path)).toEqual(alone)
    const tries = (lap: string) =>
      [0, 1, 2, 3, 4, 5].map(
        (shard) => executor.given.filter((job) => job.lap === lap && job.shard === shard).length,
      )
    expect(tries('lap-001')).toEqual([3, 2, 2, 2, 1, 1])
    expect(tries('lap-002')).toEqual([3, 2, 2, 2, 2, 1])
  })

  it('names a shard that failed three times with its rows, loses nothing, and goes on', async () => {
    const path = join(scratch(), 'run')
    const failing = drawnHere(path, ({ lap, shard }) => {
      if (lap === 'lap-002' && shard === 2) throw new Error('out of memory')
    })
    await expect(learned(path, { executor: failing })).rejects.toMatchObject({
      code: 'io',
      message:
        'shard 2 of lap-002 (samples 16 to 19) failed 3 times, last: out of memory; nothing is lost, ' +
        '--resume goes on',
    })
    const again = drawnHere(path)
    await learned(path, { executor: again })
    expect(priorOf(path)).toEqual(alone)
    // Those that were there are kept: of the second lap at least the first two.
    expect(again.given.every(({ lap, shard }) => lap === 'lap-002' && shard >= 2)).toBe(true)
  })

  it('stops at once with what a worker says of the shard itself', async () => {
    const path = join(scratch(), 'run')
    const executor = drawnHere(path, ({ shard }) => {
      if (shard === 1) throw new TweedieError('numeric', 'the sampler diverged')
    })
    await expect(learned(path, { executor })).rejects.toMatchObject({
      code: 'numeric',
      message: 'shard 1 of lap-001 (samples 8 to 15): the sampler diverged',
    })
    expect(executor.given.filter(({ shard }) => shard === 1).length).toBe(1)
  })

  it('goes on by others where it was begun alone, and alone where it was begun by others', async () => {
    for (const [first, second] of [
      [false, true],
      [true, false],
    ]) {
      const path = join(scratch(), 'run')
      const stopped = new AbortController()
      const onProgress = ({ phase, lap, done }: { phase: string; lap?: unknown; done: number }) => {
        if (phase === 'sampling' && lap === 2 && done === 3) stopped.abort()
      }
      const by = (others: boolean) => (others ? { executor: drawnHere(path) } : {})
      await expect(learned(path, { ...by(first), onProgress, signal: stopped.signal })).rejects.toMatchObject(
        { code: 'interrupted' },
      )
      await learned(path, by(second))
      expect(priorOf(path)).toEqual(alone)
    }
  })

  it('leaves no file of what a lap drew under', async () => {
    const path = join(scratch(), 'run')
    const seen: boolean[] = []
    const executor = drawnHere(path, (job) => {
      seen.push(existsSync(lapFile(folderOf(path, job))))
    })
    const onLap = async (lap: number) => {
      const folder = join(path, 'draws', `lap-00${lap + 1}`)
      if (lap >= 0) expect(existsSync(lapFile(folder))).toBe(false)
    }
    await learned(path, { executor, onLap })
    expect(new Set(seen)).toEqual(new Set([true]))
  })
})

describe('a worker', () => {
  /** A run that waits for its first lap. */
  const waiting = async () => {
    const path = join(scratch(), 'run')
    const jobs: ShardJob[] = []
    const executor = {
      software,
      run: (job: Job) => {
        if (job.kind === 'shard') jobs.push(job)
        return Promise.reject(new TweedieError('interrupted', 'stopped'))
      },
      workers: () => ({}),
      stop: async () => {},
    }
    await expect(learned(path, { executor })).rejects.toThrow('stopped')
    return { path, draws: join(path, 'draws'), jobs }
  }

  it('finds what a run waits for, and draws it', async () => {
    const { path, draws, jobs } = await waiting()
    const asked = jobRequest(request(), software)
    const [open, ...others] = openLaps(draws)
    expect(others).toEqual([])
    expect(waitingJobs(draws, open, asked)).toEqual(jobs)
    expect(waitingJobs(draws, open, asked, { index: 1, of: 4 })).toEqual([jobs[1], jobs[5]])
    const worker = jobWorker(draws, asked)
    for (const job of jobs.slice(1)) await worker.run(job)
    await worker.release()
    expect(waitingJobs(draws, open, asked)).toEqual(jobs.slice(0, 1))
    const { arrays, metadata } = readSafetensors(fileOf(path, jobs[5]))
    expect(arrays.x?.shape).toEqual([4, 4])
    expect(metadata.prior).toBe(jobs[5].prior)
  })

  it('refuses to draw by another version, for other observations, or for a lap that is over', async () => {
    const { path, draws, jobs } = await waiting()
    const [job] = jobs
    const asked = request()
    const y = normal(stream(1, 'y'), [20, 2])
    const cases = [
      [jobRequest(asked, '1.0.0'), job, /written by version 9\.9\.9 of tweedie, this is 1\.0\.0; use one/],
      [
        jobRequest({ ...asked, set: { ...asked.set, y } }, software),
        job,
        /of other observations than those of the config/,
      ],
      [
        jobRequest(asked, software),
        { ...job, prior: 'f'.repeat(64) },
        /another lap than the one that was asked for/,
      ],
      [jobRequest(asked, software), { ...job, lap: 'lap-009' }, /lap-009/],
    ] as const
    for (const [request, job, message] of cases) {
      const worker = jobWorker(draws, request)
      await expect(worker.run(job)).rejects.toThrow(message)
      await expect(worker.run(job)).rejects.toMatchObject({ code: 'input' })
      await worker.release()
    }
    expect(existsSync(fileOf(path, job))).toBe(false)
  })
})

it('a lap that is drawn later ends as waiting, and goes on when its shards are there', async () => {
  const path = join(scratch(), 'run')
  const executor = { ...laterExecutor(), software }
  const worker = jobWorker(join(path, 'draws'), jobRequest(request(), software))
  for (const lap of ['lap-001', 'lap-002']) {
    await expect(learned(path, { executor })).rejects.toMatchObject({ lap, missing: 6 })
    const draws = join(path, 'draws')
    const jobs = openLaps(draws).flatMap((open) => waitingJobs(draws, open, jobRequest(request(), software)))
    // One is drawn now, the others after the next look.
    await worker.run(jobs[3])
    await expect(learned(path, { executor })).rejects.toMatchObject({ lap, missing: 5 })
    for (const job of jobs) await worker.run(job)
  }
  await worker.release()
  await learned(path, { executor })
  expect(priorOf(path)).toEqual(alone)
  expect(openLaps(join(path, 'draws'))).toEqual([])
})
