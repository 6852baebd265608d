/** Queues that do not answer, are lost, or were left behind, and workers whose machine is at fault. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TweedieError } from '../../../../src/error.ts'
import { type Job, openBroker, openRun } from '../../../../src/run/index.ts'
import { optional } from '../../../../src/run/shards/optional.ts'
import { scratch } from '../../scratch.ts'
import { canMount, enlargeDisk, smallDisk } from '../../small-disk.ts'
import { learned, priorOf, SHARDS } from '../small-run.ts'
import { onQueue, runOf, workerAt } from './queue-run.ts'
import {
  freePort,
  hasPostgres,
  hasRedis,
  linkTo,
  PASSWORD,
  postgresServer,
  type QueueServer,
  redisServer,
  stores,
} from './servers.ts'
import { quick } from './stuck.ts'

const installed = stores.filter(({ isInstalled }) => isInstalled)

/** What opening a queue is refused with; it is one line, and has no password in it. */
const refusal = async (url: string): Promise<string> => {
  const cause: unknown = await openBroker(url).then(
    () => 'nothing',
    (error) => error,
  )
  if (!(cause instanceof TweedieError)) throw new Error(`expected a TweedieError, got ${cause}`)
  expect(cause.code).toBe('input')
  expect(cause.message).not.toMatch(/\n|hush/)
  return cause.message
}

/** A shard that no lap waits for. */
const nobodys = { kind: 'shard', prior: 'f'.repeat(64), shard: 0, from: 0, to: 8 } as const

/** Longer than any of these may take: they are refused within 10 s. */
const SOON = 15_000

describe('the address of a queue', () => {
  it.each([
    ['amqp://me:hush@host', '--queue: expected redis://… or postgres://…, got amqp://…'],
    ['nowhere', "--queue: expected redis://… or postgres://…, got 'nowhere'"],
  ])('%s is refused', async (url, message) => {
    expect(await refusal(url)).toBe(message)
  })

  it('says what is absent and how to install it', async () => {
    const absent = 'no-such-package'
    await expect(optional(() => import(absent), 'a queue', 'bullmq ioredis')).rejects.toMatchObject({
      code: 'input',
      message: 'a queue needs packages that are absent: npm install bullmq ioredis',
    })
  })

  it.each(['redis', 'postgres'])(
    '%s: says that nobody answers',
    async (scheme) => {
      const port = await freePort()
      expect(await refusal(`${scheme}://me:hush@127.0.0.1:${port}`)).toBe(
        `queue ${scheme}://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
      )
    },
    SOON,
  )

  it.each([
    ['redis', 'no answer'],
    ['postgres', 'timeout expired'],
  ])(
    '%s: says that whoever is there is silent',
    async (scheme, reason) => {
      const silent = await linkTo(await freePort())
      silent.cut()
      expect(await refusal(`${scheme}://me:hush@127.0.0.1:${silent.port}`)).toBe(
        `queue ${scheme}://127.0.0.1:${silent.port}: ${reason}`,
      )
      silent.close()
    },
    SOON,
  )

  it.skipIf(!hasRedis)(
    'says that Redis wants another password',
    async () => {
      const server = await redisServer({ password: PASSWORD })
      try {
        const at = `127.0.0.1:${server.port}`
        expect(await refusal(`redis://:hush@${at}`)).toMatch(/^queue redis:.*WRONGPASS/)
        expect(await refusal(`redis://${at}`)).toMatch(/^queue redis:.*NOAUTH/)
        const broker = await openBroker(`redis://:${PASSWORD}@${at}`)
        expect(await broker.runs()).toEqual([])
        await broker.close()
      } finally {
        await server.stop()
      }
    },
    SOON,
  )

  it.skipIf(!hasPostgres)(
    'says that PostgreSQL wants another password, or has no such database',
    async () => {
      const server = await postgresServer()
      try {
        const at = `127.0.0.1:${server.port}`
        expect(await refusal(`postgres://tweedie:hush@${at}/postgres`)).toBe(
          `queue postgres://${at}/postgres: password authentication failed for user "tweedie"`,
        )
        expect(await refusal(`postgres://tweedie:${PASSWORD}@${at}/other`)).toBe(
          `queue postgres://${at}/other: database "other" does not exist`,
        )
      } finally {
        await server.stop()
      }
    },
    60_000,
  )
})

describe.skipIf(!hasRedis)('a run on a queue', () => {
  let alone: Buffer
  let server: QueueServer
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tweedie-queue-'))
    await learned(join(folder, 'run'))
    alone = priorOf(join(folder, 'run'))
    rmSync(folder, { recursive: true })
    server = await redisServer()
  })
  afterAll(() => server.stop())

  it('goes on when the server comes back with what it had', async () => {
    const keeping = await redisServer({ keeps: true })
    const path = join(scratch(), 'run')
    let restarted: Promise<void> | undefined
    const worker = workerAt(keeping.url(), {
      before: ({ shard }) => {
        if (shard === 2) restarted ??= keeping.restart()
      },
    })
    const executor = onQueue(path, keeping.url())
    await learned(path, { executor })
    expect(restarted).toBeDefined()
    expect(priorOf(path)).toEqual(alone)
    await worker.stop()
    await executor.stop()
    await keeping.stop()
  })

  it.each(installed)('stops with one line when $name is lost, as its workers do', async (store) => {
    const lost = await store.start()
    const path = join(scratch(), 'run')
    const times = { ...quick, patience: 1500 }
    let stopped: Promise<void> | undefined
    const worker = workerAt(lost.url(), {
      times,
      before: ({ shard }) => {
        if (shard === 2) stopped ??= lost.stop()
      },
    })
    const line = { code: 'io', message: expect.stringMatching(/^queue [^@]+:\d+\S*: lost for 2 s: /) }
    const executor = onQueue(path, lost.url(), times)
    await expect(learned(path, { executor })).rejects.toMatchObject(line)
    expect(await worker.ended).toMatchObject(line)
    await stopped
    const other = workerAt(server.url())
    await learned(path, { executor: onQueue(path, server.url()) })
    expect(priorOf(path)).toEqual(alone)
    // What was drawn is kept.
    expect(other.given.length).toBeLessThan(SHARDS)
  })

  it.each(installed)('is left with one line by a worker that $name cannot be reached from', async (store) => {
    const near = await store.start()
    const link = await linkTo(near.port)
    const path = join(scratch(), 'run')
    const executor = onQueue(path, near.url())
    const learning = learned(path, { executor })
    const far = workerAt(near.url(link.port), { times: { ...quick, patience: 1500 }, before: link.cut })
    expect(await far.ended).toMatchObject({ code: 'io', message: expect.stringMatching(/: lost for 2 s: /) })
    link.close()
    const worker = workerAt(near.url())
    await learning
    expect(priorOf(path)).toEqual(alone)
    await worker.stop()
    await executor.stop()
    await near.stop()
  })

  it('begins with nothing of a process that was killed, and is not served once it says nothing', async () => {
    const path = join(scratch(), 'run')
    const run = runOf(path)
    const killed = await openBroker(server.url(), { ...quick, beat: 20 })
    await killed.queueOf(run).begin()
    const job: Job = { ...nobodys, lap: 'lap-001' }
    await killed.queueOf(run).give([{ id: 'old', job }])
    expect((await killed.runs()).map(({ id }) => id)).toEqual([run.id])
    await wait(250)
    expect(await killed.runs()).toEqual([])
    const learning = learned(path, { executor: onQueue(path, server.url()) })
    while ((await killed.runs()).length === 0) await wait(1)
    await killed.close()
    const worker = workerAt(server.url())
    await learning
    expect(priorOf(path)).toEqual(alone)
    expect(worker.given).not.toContainEqual(job)
  })

  it('has nothing drawn for what is no shard of its laps', async () => {
    const path = join(scratch(), 'run')
    const broker = await openBroker(server.url(), quick)
    const queue = broker.queueOf(runOf(path))
    const learning = learned(path, { executor: onQueue(path, server.url()) })
    while ((await broker.runs()).length === 0) await wait(1)
    const job: Job = { ...nobodys, lap: '../../elsewhere' }
    await queue.give([{ id: 'odd', job }])
    const worker = workerAt(server.url())
    await learning
    expect(priorOf(path)).toEqual(alone)
    expect(worker.given.length).toBe(SHARDS)
    await broker.close()
  })

  it('is one process’s alone', async () => {
    const path = join(scratch(), 'run')
    const first = openRun(path, { config: {} })
    await expect(learned(path, { executor: onQueue(path, server.url()) })).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringMatching(/run: in use by process \d+ on .*; wait for it or stop it/),
    })
    first.close()
  })

  it('loses nothing by a worker that lacks the data: it gives the shard back and leaves', async () => {
    const path = join(scratch(), 'run')
    const learning = learned(path, { executor: onQueue(path, server.url()) })
    const lacking = workerAt(server.url(), {
      before: () => {
        throw new TweedieError('input', 'y.npz: no such file or folder')
      },
    })
    expect(await lacking.ended).toMatchObject({
      code: 'input',
      message: 'run run: y.npz: no such file or folder',
    })
    workerAt(server.url())
    await learning
    expect(priorOf(path)).toEqual(alone)
    expect(readFileSync(join(path, 'journal.jsonl'), 'utf8')).toContain(
      '"event":"shards","lap":1,"shards":6,"kept":0,"again":0',
    )
  })

  it('is stopped at once by what another worker would find too', async () => {
    const path = join(scratch(), 'run')
    const worker = workerAt(server.url(), {
      before: ({ shard }) => {
        if (shard === 1) throw new TweedieError('numeric', 'the sampler diverged')
      },
    })
    await expect(learned(path, { executor: onQueue(path, server.url()) })).rejects.toMatchObject({
      code: 'numeric',
      message: 'shard 1 of lap-001 (samples 8 to 15): the sampler diverged',
    })
    expect(worker.given.length).toBeLessThanOrEqual(SHARDS / 2)
  })

  it.skipIf(!canMount())('goes on with other workers when the disk of one is full', async () => {
    const path = join(smallDisk(scratch(), '512k'), 'run')
    const ballast = join(path, 'ballast')
    const executor = onQueue(path, server.url())
    const learning = learned(path, { executor })
    const first = workerAt(server.url(), {
      before: ({ shard }) => {
        if (shard === 2) expect(() => writeFileSync(ballast, Buffer.alloc(1 << 20))).toThrow('ENOSPC')
      },
    })
    expect(await first.ended).toMatchObject({ code: 'io', message: /no space left/i })
    enlargeDisk(join(path, '..'), '4m')
    workerAt(server.url())
    await learning
    expect(priorOf(path)).toEqual(alone)
    await executor.stop()
  })
})
