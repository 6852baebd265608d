/** Rounds of replicas that others train: whoever does, and whatever happens, the prior is the same. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { TweedieError } from '../../../src/error.ts'
import {
  type Job,
  jobRequest,
  jobWorker,
  laterExecutor,
  openLaps,
  type RoundJob,
  readJournal,
  type SharedWork,
  waitingJobs,
} from '../../../src/run/index.ts'
import { fileOf } from '../../../src/run/shards/job.ts'
import { roundEnd, roundStart } from '../../../src/run/shards/round-file.ts'
import { sharesRounds } from '../../../src/run/shards/shared-rounds.ts'
import { scratch } from '../scratch.ts'
import { byReplicas, learned, priorOf, ROUNDS, request, software, workedHere } from './small-run.ts'

const options = byReplicas

const lossesOf = (path: string) =>
  readJournal(join(path, 'journal.jsonl'))
    .filter(({ event }) => event === 'loss')
    .map(({ lap, step, loss }) => ({ lap, step, loss }))

/** The prior and losses of a process that trains for itself. */
let alone: Buffer
let losses: ReturnType<typeof lossesOf>
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-rounds-'))
  try {
    await learned(join(folder, 'run'), { options })
    alone = priorOf(join(folder, 'run'))
    losses = lossesOf(join(folder, 'run'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const isRound = (job: Job): job is RoundJob => job.kind === 'round'
const endOf = (path: string, job: Job): string => fileOf(join(path, 'draws'), job)

/** Files of rounds that are left in the folders of laps. */
const leftIn = (path: string): string[] =>
  readdirSync(join(path, 'draws'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /round|training/.test(name),
  )

describe('rounds that others train', () => {
  it('give the prior and the losses of the process that learns alone, and leave nothing', async () => {
    const path = join(scratch(), 'run')
    const executor = workedHere(path, {}, options)
    const seen: object[] = []
    await learned(path, {
      options,
      executor,
      onProgress: (event) => {
        if (event.phase === 'training') seen.push(event)
      },
    })
    expect(priorOf(path)).toEqual(alone)
    expect(lossesOf(path)).toEqual(losses)
    const rounds = executor.given.filter(isRound)
    expect(rounds.length).toBe(ROUNDS)
    expect(rounds.slice(0, 6).map(({ lap, step, steps, replica }) => [lap, step, steps, replica])).toEqual([
      ['lap-001', 0, 2, 0],
      ['lap-001', 0, 2, 1],
      ['lap-001', 2, 2, 0],
      ['lap-001', 2, 2, 1],
      ['lap-001', 4, 1, 0],
      ['lap-001', 4, 1, 1],
    ])
    expect(leftIn(path)).toEqual([])
    expect(seen.at(-1)).toMatchObject({ done: 10, total: 10, lap: 2, workers: 1 })
    const lines = readJournal(join(path, 'journal.jsonl')).filter(({ event }) => event === 'rounds')
    expect(lines).toMatchObject([1, 2].map((lap) => ({ lap, rounds: 3, kept: 0, again: 0, workers: 1 })))
  })

  it('are the same when each is delivered twice, once again when it is over', async () => {
    const path = join(scratch(), 'run')
    const executor = workedHere(path, {}, options)
    const late: Job[] = []
    const twice: SharedWork = {
      ...executor,
      run: async (job) => {
        if (!isRound(job)) return executor.run(job)
        for (const old of late.splice(0)) await executor.run(old)
        await executor.run(job)
        await executor.run(job)
        late.push(job)
      },
    }
    await learned(path, { options, executor: twice })
    expect(priorOf(path)).toEqual(alone)
    expect(executor.given.filter(isRound).length).toBe(3 * ROUNDS - 2)
    // Of rounds that were over nothing was made.
    expect(leftIn(path)).toEqual([])
  })

  it('are given out again where a worker is lost, an end damaged, absent, or of another start', async () => {
    const path = join(scratch(), 'run')
    let stale = Buffer.alloc(0)
    const executor = workedHere(
      path,
      {
        before: (job, attempt) => {
          if (isRound(job) && job.step === 0 && job.replica === 0 && attempt < 3) throw new Error('killed')
        },
        after: (job, attempt) => {
          if (!isRound(job) || attempt > 1) return
          const file = endOf(path, job)
          const bytes = readFileSync(file)
          if (job.step === 0 && job.replica === 1) {
            bytes[bytes.length - 1] ^= 1
            writeFileSync(file, bytes)
          }
          if (job.step === 2 && job.replica === 0) rmSync(file)
          if (job.step === 2 && job.replica === 1) {
            if (job.lap === 'lap-002') writeFileSync(file, stale)
            else stale = bytes
          }
        },
      },
      options,
    )
    await learned(path, { options, executor })
    expect(priorOf(path)).toEqual(alone)
    const again = readJournal(join(path, 'journal.jsonl'))
      .filter(({ event }) => event === 'rounds')
      .map(({ again }) => again)
    expect(again).toEqual([4, 5])
  })

  it('stop the lap after three tries, by name, and go on with what is there', async () => {
    const path = join(scratch(), 'run')
    const failing = workedHere(
      path,
      {
        before: (job) => {
          if (isRound(job) && job.lap === 'lap-002' && job.step === 2 && job.replica === 1)
            throw new Error('out of memory')
        },
      },
      options,
    )
    await expect(learned(path, { options, executor: failing })).rejects.toMatchObject({
      code: 'io',
      message:
        'replica 1 of lap-002 (steps 3 to 4 of 5) failed 3 times, last: out of memory; nothing is lost, ' +
        '--resume goes on',
    })
    const again = workedHere(path, {}, options)
    await learned(path, { options, executor: again })
    expect(priorOf(path)).toEqual(alone)
    // The end of replica 0 is there from before.
    expect(again.given.map((job) => [job.kind, job.lap, isRound(job) && [job.step, job.replica]])).toEqual([
      ['round', 'lap-002', [2, 1]],
      ['round', 'lap-002', [4, 0]],
      ['round', 'lap-002', [4, 1]],
    ])
  })

  it('say at once what is wrong with the training itself', async () => {
    const path = join(scratch(), 'run')
    const executor = workedHere(
      path,
      {
        before: (job) => {
          if (isRound(job)) throw new TweedieError('numeric', 'training: the loss is NaN')
        },
      },
      options,
    )
    await expect(learned(path, { options, executor })).rejects.toMatchObject({
      code: 'numeric',
      message: 'replica 0 of lap-001 (steps 1 to 2 of 5): training: the loss is NaN',
    })
  })

  it('go on by others where they were begun alone, and alone where they were begun by others', async () => {
    for (const first of [false, true]) {
      const path = join(scratch(), 'run')
      const by = (others: boolean) => (others ? { executor: workedHere(path, {}, options) } : {})
      const stopped = new AbortController()
      const onProgress = ({ phase, lap, done }: { phase: string; lap?: unknown; done: number }) => {
        if (phase === 'training' && lap === 2 && done === 7) stopped.abort()
      }
      await expect(
        learned(path, { options, ...by(first), onProgress, signal: stopped.signal }),
      ).rejects.toMatchObject({ code: 'interrupted' })
      await learned(path, { options, ...by(!first) })
      expect(priorOf(path)).toEqual(alone)
    }
  })

  it('stay in the process that learns where one worker alone would take them, or nobody now', async () => {
    const path = join(scratch(), 'run')
    const one = workedHere(path, {}, options)
    await learned(path, { options, executor: { ...one, atOnce: 1 } })
    expect(one.given.filter(isRound)).toEqual([])
    expect(priorOf(path)).toEqual(alone)
    expect(sharesRounds(laterExecutor(), 2)).toBe(false)
    expect(sharesRounds(one, 1)).toBe(false)
    expect(sharesRounds(one, 2)).toBe(true)
  })
})

describe('a worker', () => {
  /** A run that waits for its first round. */
  const waiting = async () => {
    const path = join(scratch(), 'run')
    const executor = workedHere(path, {}, options)
    const jobs: RoundJob[] = []
    const refusing: SharedWork = {
      ...executor,
      run: async (job) => {
        if (!isRound(job)) return executor.run(job)
        jobs.push(job)
        if (jobs.length === 2) throw new TweedieError('interrupted', 'stopped')
        await new Promise(() => {})
      },
    }
    let laps: ReturnType<typeof openLaps> = []
    const draws = join(path, 'draws')
    const stop = async () => {
      laps = openLaps(draws)
    }
    await expect(learned(path, { options, executor: { ...refusing, stop } })).rejects.toThrow('stopped')
    return { path, draws, jobs, laps }
  }

  it('finds the rounds that a run waits for, a part of them where it is told', async () => {
    const { draws, jobs, laps } = await waiting()
    const asked = jobRequest({ ...request(), options }, software)
    expect(laps.map(({ kind, lap }) => [kind, lap])).toEqual([['round', 'lap-001']])
    expect(waitingJobs(draws, laps[0], asked)).toEqual(jobs)
    expect(waitingJobs(draws, laps[0], asked, { index: 1, of: 2 })).toEqual([jobs[1]])
    // Nobody waits for them any more.
    expect(openLaps(draws)).toEqual([])
  })

  it('leaves a round that is over, and one of another start', async () => {
    const { path, draws, jobs } = await waiting()
    const [job] = jobs
    const worker = jobWorker(draws, jobRequest({ ...request(), options }, software))
    await worker.run(job)
    await worker.run({ ...job, start: 'f'.repeat(64) })
    await worker.run({ ...job, step: 4 })
    const folder = join(path, 'draws', job.lap)
    expect(existsSync(roundStart(folder, job))).toBe(true)
    expect(existsSync(roundEnd(folder, job))).toBe(false)
    await worker.release()
  })
})
