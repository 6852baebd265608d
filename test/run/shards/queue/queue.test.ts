/** A lap on a queue: whoever draws, and whatever happens to them, the prior is the same bit for bit. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Job, openBroker, readJournal, type ShardJob } from '../../../../src/run/index.ts'
import { shardFile } from '../../../../src/run/shards/shard-file.ts'
import { killChild, startChild } from '../../child.ts'
import { scratch } from '../../scratch.ts'
import { byReplicas, drawnHere, learned, priorOf, ROUNDS, SHARDS, workedHere } from '../small-run.ts'
import { onQueue, runOf, workerAt } from './queue-run.ts'
import { linkTo, type QueueServer, stores } from './servers.ts'
import { quick, stuck } from './stuck.ts'

/** The prior of a process that draws for itself. */
let alone: Buffer
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-queue-'))
  try {
    await learned(join(folder, 'run'))
    alone = priorOf(join(folder, 'run'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** Whoever comes waits until so many have come. */
const barrier = (count: number): (() => Promise<void>) => {
  let open: () => void = () => {}
  const all = new Promise<void>((resolve) => {
    open = resolve
  })
  let come = 0
  return () => {
    if (++come === count) open()
    return all
  }
}

const fileOf = (path: string, { lap, shard }: ShardJob): string => shardFile(join(path, 'draws', lap), shard)

describe.each(stores)('a lap on $name', ({ isInstalled, start }) => {
  let server: QueueServer
  beforeAll(async () => {
    if (isInstalled) server = await start()
  })
  afterAll(() => server?.stop())
  const test = it.skipIf(!isInstalled)

  /** What is in the queue, of runs and of this run. */
  const left = async (path: string) => {
    const broker = await openBroker(server.url())
    try {
      const { all } = await broker.queueOf(runOf(path)).counts()
      return { runs: await broker.runs(), all }
    } finally {
      await broker.close()
    }
  }

  test('gives the prior of the process that learns alone, says who draws, and leaves nothing', async () => {
    const path = join(scratch(), 'run')
    const both = barrier(2)
    const workers = [0, 1].map(() =>
      workerAt(server.url(), {
        executorAt: (folder) => {
          const executor = drawnHere(folder)
          return { ...executor, run: (job) => both().then(() => executor.run(job)) }
        },
      }),
    )
    const seen: { done: number; total: number; workers?: unknown; running?: unknown }[] = []
    const executor = onQueue(path, server.url())
    await learned(path, {
      executor,
      onProgress: (event) => {
        if (event.phase === 'sampling') seen.push(event)
      },
    })
    await executor.stop()
    expect(priorOf(path)).toEqual(alone)
    expect(workers.flatMap(({ given }) => given).length).toBe(SHARDS)
    expect(await left(path)).toEqual({ runs: [], all: 0 })
    expect(seen[0]).toMatchObject({ done: 0, total: 6, lap: 1 })
    expect(seen.at(-1)).toMatchObject({ done: 6, total: 6, lap: 2, workers: 2 })
    const lines = readJournal(join(path, 'journal.jsonl')).filter(({ event }) => event === 'shards')
    expect(lines).toMatchObject([
      { lap: 1, shards: 6, kept: 0, again: 0 },
      { lap: 2, shards: 6, kept: 0, again: 0, workers: 2 },
    ])
    for (const worker of workers) expect(await worker.stop()).toMatchObject({ code: 'interrupted' })
  })

  test('is the same when shards are delivered twice', async () => {
    const path = join(scratch(), 'run')
    const broker = await openBroker(server.url(), quick)
    const twice: ShardJob[] = []
    const queue = broker.queueOf(runOf(path))
    const worker = workerAt(server.url(), {
      before: (job, attempt) => {
        if (attempt > 1 || job.shard > 2) return
        twice.push(job)
        void queue.give([{ id: `again-${job.lap}-${job.shard}`, job }])
      },
    })
    await learned(path, { executor: onQueue(path, server.url()) })
    expect(priorOf(path)).toEqual(alone)
    expect(twice.length).toBe(6)
    expect(worker.given.length).toBeGreaterThan(SHARDS)
    await broker.close()
  })

  test('goes on when a worker is killed in the middle of a shard', async () => {
    const path = join(scratch(), 'run')
    runOf(path)
    const script = new URL('./stuck-worker-child.ts', import.meta.url)
    const learning = learned(path, { executor: onQueue(path, server.url()) })
    await killChild(await startChild(script, server.url()))
    workerAt(server.url())
    await learning
    expect(priorOf(path)).toEqual(alone)
    const again = readJournal(join(path, 'journal.jsonl')).flatMap(({ event, again }) =>
      event === 'shards' ? [again] : [],
    )
    expect(again).toEqual([1, 0])
  })

  test('trains replicas, and goes on when a worker is killed in the middle of a round', async () => {
    const [here, path] = [0, 1].map(() => join(scratch(), 'run'))
    const options = byReplicas
    await learned(here, { options })
    runOf(path)
    const script = new URL('./stuck-round-child.ts', import.meta.url)
    const learning = learned(path, { options, executor: onQueue(path, server.url()) })
    await killChild(await startChild(script, server.url()))
    const workers = [0, 1].map(() => {
      const given: Job[] = []
      workerAt(server.url(), {
        executorAt: (folder) => {
          const executor = workedHere(folder, {}, options)
          const run = (job: Job): Promise<void> => {
            given.push(job)
            return executor.run(job)
          }
          return { ...executor, run }
        },
      })
      return given
    })
    await learning
    expect(priorOf(path)).toEqual(priorOf(here))
    expect(workers.flat().filter(({ kind }) => kind === 'round').length).toBe(ROUNDS)
    const lines = readJournal(join(path, 'journal.jsonl')).filter(({ event }) => event === 'rounds')
    expect(lines).toMatchObject([
      { lap: 1, rounds: 3, kept: 0, again: 1 },
      { lap: 2, rounds: 3, kept: 0, again: 0 },
    ])
  })

  test('names a shard that failed three times with its rows, is stopped by it, and goes on', async () => {
    const path = join(scratch(), 'run')
    let failures = 0
    const failing = workerAt(server.url(), {
      before: ({ lap, shard }) => {
        if (lap !== 'lap-002' || shard !== 2) return
        failures++
        throw new Error('out of memory')
      },
    })
    await expect(learned(path, { executor: onQueue(path, server.url()) })).rejects.toMatchObject({
      code: 'io',
      message:
        'shard 2 of lap-002 (samples 16 to 19) failed 3 times, last: out of memory; nothing is lost, ' +
        '--resume goes on',
    })
    expect(failures).toBe(3)
    expect(await left(path)).toEqual({ runs: [], all: 0 })
    await failing.stop()
    const again = workerAt(server.url())
    await learned(path, { executor: onQueue(path, server.url()) })
    expect(priorOf(path)).toEqual(alone)
    expect(again.given.every(({ lap }) => lap === 'lap-002')).toBe(true)
  })

  test('has a shard of a worker that is stopped at once', async () => {
    const path = join(scratch(), 'run')
    // Nothing but giving it back brings the shard back before the test is over.
    const slow = { ...quick, lock: 600_000, lost: 600_000 }
    const executor = stuck()
    const first = workerAt(server.url(), { executorAt: () => executor, times: slow })
    const learning = learned(path, { executor: onQueue(path, server.url(), slow) })
    const job = await executor.asked
    expect(await first.stop()).toMatchObject({ code: 'interrupted' })
    const second = workerAt(server.url(), { times: slow })
    await learning
    expect(priorOf(path)).toEqual(alone)
    expect(second.given).toContainEqual(job)
    expect(second.given.length).toBe(SHARDS)
  })

  test('leaves a worker of another version, and one that sees another run, to themselves', async () => {
    const path = join(scratch(), 'run')
    const other = join(scratch(), 'run')
    runOf(other)
    const learning = learned(path, { executor: onQueue(path, server.url()) })
    const old = workerAt(server.url(), { software: '1.0.0' })
    expect(await old.ended).toMatchObject({
      code: 'input',
      message: 'run run: learned by version 9.9.9 of tweedie, this is 1.0.0; use one version',
    })
    const wrong = [other, scratch()].map((folder) => workerAt(server.url(), { folderOf: () => folder }))
    expect(await wrong[0]?.ended).toMatchObject({ code: 'input', message: /of another run; --runs says/ })
    expect(await wrong[1]?.ended).toMatchObject({ code: 'input', message: /no folder of a run/ })
    workerAt(server.url())
    await learning
    expect(priorOf(path)).toEqual(alone)
  })

  test('asks again for a shard whose file is damaged', async () => {
    const path = join(scratch(), 'run')
    const worker = workerAt(server.url(), {
      after: (job, attempt) => {
        if (attempt > 1 || job.shard !== 1) return
        const bytes = readFileSync(fileOf(path, job))
        bytes[bytes.length - 1] ^= 1
        writeFileSync(fileOf(path, job), bytes)
      },
    })
    await learned(path, { executor: onQueue(path, server.url()) })
    expect(priorOf(path)).toEqual(alone)
    expect(worker.given.length).toBe(SHARDS + 2)
  })

  test('is drawn by others when the link of a worker is cut', async () => {
    const path = join(scratch(), 'run')
    const link = await linkTo(server.port)
    const executor = stuck()
    const far = workerAt(server.url(link.port), { executorAt: () => executor })
    const learning = learned(path, { executor: onQueue(path, server.url()) })
    const job = await executor.asked
    link.cut()
    const near = workerAt(server.url())
    await learning
    expect(priorOf(path)).toEqual(alone)
    expect(near.given).toContainEqual(job)
    link.mend()
    await far.stop()
    link.close()
  })

  test('goes on when the link of the process that learns is cut for a while', async () => {
    const path = join(scratch(), 'run')
    const link = await linkTo(server.port)
    let cuts = 0
    workerAt(server.url(), {
      before: ({ shard }) => {
        if (shard !== 2 || cuts++ > 0) return
        link.cut()
        setTimeout(() => link.mend(), 500)
      },
    })
    const executor = onQueue(path, server.url(link.port))
    await learned(path, { executor })
    expect(cuts).toBeGreaterThan(0)
    expect(priorOf(path)).toEqual(alone)
    await executor.stop()
    link.close()
  })

  test('goes on when the server is killed and starts again', async () => {
    const path = join(scratch(), 'run')
    let restarted: Promise<void> | undefined
    workerAt(server.url(), {
      before: ({ shard }) => {
        if (shard === 2) restarted ??= server.restart()
      },
    })
    await learned(path, { executor: onQueue(path, server.url()) })
    await restarted
    expect(restarted).toBeDefined()
    expect(priorOf(path)).toEqual(alone)
  })
})
