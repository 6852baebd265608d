/** Laps by a bucket: workers that do not see the run's folder give the prior of one process, bit for bit. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type Executor,
  openBroker,
  openShare,
  queueExecutor,
  readJournal,
  type ShardJob,
  type SharedStore,
  type SharedWork,
  sharedByLearner,
  sharedByWorker,
} from '../../../../src/run/index.ts'
import { scratch } from '../../scratch.ts'
import { runOf, workerAt } from '../queue/queue-run.ts'
import { freePort, hasRedis, linkTo, type QueueServer, redisServer } from '../queue/servers.ts'
import { quick, stuck } from '../queue/stuck.ts'
import { drawnHere, learned, priorOf, SHARDS, software } from '../small-run.ts'
import { type S3Server, s3Server } from './s3-server.ts'

const SHARE = 's3://runs/laps'
const times = { silence: 2000, patience: 20_000 }

let server: S3Server
/** The prior of a process that draws for itself. */
let alone: Buffer
beforeAll(async () => {
  server = await s3Server()
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-share-'))
  await learned(join(folder, 'run'))
  alone = priorOf(join(folder, 'run'))
  rmSync(folder, { recursive: true })
})
afterAll(() => server.stop())

const setting = (variables: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}
beforeEach(() => setting(server.environment()))
afterEach(() => vi.unstubAllEnvs())

/** The store of the run of a folder. */
const storeOf = async (path: string, how = times): Promise<SharedStore> =>
  (await openShare(SHARE, how)).storeOf(runOf(path).id)

/** What opens with other variables than the rest. */
const opened = <T>(variables: Readonly<Record<string, string>>, open: () => T): T => {
  setting(variables)
  const opening = open()
  setting(server.environment())
  return opening
}

/** The store of a run, which is lost from some time on: nobody answers there any more. */
const losing = async (path: string, isLost: () => boolean): Promise<SharedStore> => {
  const own = await storeOf(path)
  const nowhere = server.environment(await freePort())
  const lost = await opened(nowhere, () => storeOf(path, { silence: 500, patience: 1000 }))
  const now = (): SharedStore => (isLost() ? lost : own)
  return {
    name: own.name,
    put: (...args) => now().put(...args),
    get: (...args) => now().get(...args),
    remove: (...args) => now().remove(...args),
    list: (...args) => now().list(...args),
  }
}

/** How a lap of a test differs. */
interface Differently {
  readonly store?: (path: string) => Promise<SharedStore>
  readonly before?: (job: ShardJob, attempt: number) => void
  /** After a shard is drawn, before it is laid into the store. */
  readonly after?: (job: ShardJob, attempt: number) => void
  /** After it was laid there, before who learns looks. */
  readonly laid?: (job: ShardJob, store: SharedStore) => Promise<void>
}

/** Who learns, and one worker with a folder of its own; both in the process of the test. */
const sharing = (path: string, { store = storeOf, before, after, laid }: Differently = {}) => {
  const copy = scratch()
  const worker = drawnHere(copy, before, after)
  const byWorker = sharedByWorker(worker, () => store(path), copy)
  let seen: Promise<SharedStore> | undefined
  const given: Executor = {
    ...byWorker,
    run: async (job) => {
      await byWorker.run(job)
      seen ??= storeOf(path)
      if (job.kind === 'shard') await laid?.(job, await seen)
    },
  }
  const executor: SharedWork = { ...sharedByLearner(given, () => store(path), path), software }
  onTestFinished(() => executor.stop())
  return { executor, copy, given: worker.given }
}

/** All files below a folder. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort()

/** Lays another content into a store. */
const spoil = async (store: SharedStore, key: string, change: (bytes: Buffer) => void): Promise<void> => {
  const path = join(scratch(), 'file')
  expect(await store.get(key, path)).toBe(true)
  const bytes = readFileSync(path)
  change(bytes)
  writeFileSync(path, bytes)
  await store.put(path, key)
}
const damaged = (bytes: Buffer): void => {
  bytes.fill(1, bytes.length - 8)
}

const shardKey = ({ lap, shard }: ShardJob): string => `draws/${lap}/000${shard}.safetensors`

describe('a lap by a bucket', () => {
  it('gives the prior of one process, and leaves nothing but a copy of what the run was told', async () => {
    const path = join(scratch(), 'run')
    const seen: string[][] = []
    const { executor, copy, given } = sharing(path, {
      laid: async (job, store) => {
        if (job.shard === 5)
          seen.push((await store.list()).filter((key) => key.endsWith('prior.safetensors')))
      },
    })
    await learned(path, { executor })
    expect(priorOf(path)).toEqual(alone)
    expect(given.length).toBe(SHARDS)
    expect(seen).toEqual([['draws/lap-001/prior.safetensors'], ['draws/lap-002/prior.safetensors']])
    await executor.stop()
    expect(await (await storeOf(path)).list()).toEqual([])
    expect(filesIn(copy)).toEqual(['config.yaml', 'prior.safetensors', 'run.json'])
  })

  it('asks again for a shard whose object is damaged, of another lap, or gone', async () => {
    const path = join(scratch(), 'run')
    const harmed = new Set<string>()
    let first: string | undefined
    const { executor, given } = sharing(path, {
      laid: async (job, store) => {
        const key = shardKey(job)
        if (job.lap !== 'lap-002' || harmed.has(key)) return
        harmed.add(key)
        if (job.shard === 1) await spoil(store, key, damaged)
        if (job.shard === 2) await store.remove(key)
        if (job.shard === 3) await store.put(first ?? '', key)
      },
      after: () => {
        first ??= join(path, 'draws/lap-001/0000.safetensors')
      },
    })
    await learned(path, { executor })
    expect(priorOf(path)).toEqual(alone)
    expect(given.length).toBe(SHARDS + 3)
    const again = readJournal(join(path, 'journal.jsonl')).flatMap(({ event, again }) =>
      event === 'shards' ? [again] : [],
    )
    expect(again).toEqual([0, 3])
  })

  it.each([
    ['damaged', (store: SharedStore, key: string) => spoil(store, key, damaged)],
    ['missing', (store: SharedStore, key: string) => store.remove(key)],
  ])('stops with one line where what it draws under is %s, and goes on', async (word, harm) => {
    const path = join(scratch(), 'run')
    const { executor } = sharing(path, {
      store: async () => {
        const store = await storeOf(path)
        return {
          ...store,
          get: async (key, to, signal) => {
            if (key === 'draws/lap-002/prior.safetensors') await harm(store, key)
            return store.get(key, to, signal)
          },
        }
      },
    })
    await expect(learned(path, { executor })).rejects.toMatchObject({
      code: 'io',
      message: new RegExp(
        `^shard \\d of lap-002 .* failed 3 times, last: ${SHARE}: draws/lap-002/prior.safetensors ` +
          `is ${word}; nothing is lost, --resume goes on$`,
      ),
    })
    const again = sharing(path)
    await learned(path, { executor: again.executor })
    expect(priorOf(path)).toEqual(alone)
    expect(again.given.every(({ lap }) => lap === 'lap-002')).toBe(true)
  })

  it('waits for a bucket that is away for a while', async () => {
    const path = join(scratch(), 'run')
    const link = await linkTo(server.port)
    setting(server.environment(link.port))
    let cuts = 0
    const { executor } = sharing(path, {
      after: ({ shard }) => {
        if (shard !== 2) return
        cuts++
        link.cut()
        setTimeout(() => link.mend(), 300)
      },
    })
    await learned(path, { executor })
    expect(cuts).toBe(2)
    expect(priorOf(path)).toEqual(alone)
    await executor.stop()
    link.close()
  })

  it('stops with one line when the bucket stays away, and goes on', async () => {
    const path = join(scratch(), 'run')
    let isLost = false
    const { executor } = sharing(path, {
      store: () => losing(path, () => isLost),
      after: ({ lap }) => {
        isLost ||= lap === 'lap-002'
      },
    })
    await expect(learned(path, { executor })).rejects.toMatchObject({
      code: 'io',
      message: new RegExp(`^${SHARE}: lost for 1 s: connect ECONNREFUSED 127.0.0.1:\\d+$`),
    })
    const again = sharing(path)
    await learned(path, { executor: again.executor })
    expect(priorOf(path)).toEqual(alone)
    expect(again.given.every(({ lap }) => lap === 'lap-002')).toBe(true)
  })

  it('takes what workers have laid there for a process that was killed, and removes the rest', async () => {
    const path = join(scratch(), 'run')
    let isKilled = false
    const killed = sharing(path, {
      store: () => losing(path, () => isKilled),
      laid: async ({ lap, shard }) => {
        isKilled ||= lap === 'lap-002' && shard === 2
      },
    })
    await expect(learned(path, { executor: killed.executor })).rejects.toMatchObject({ code: 'io' })
    const store = await storeOf(path)
    const late = 'draws/lap-001/0002.safetensors'
    await store.put(join(path, 'run.json'), late)
    expect(await store.list()).toContain('draws/lap-002/0002.safetensors')
    const again = sharing(path, {
      laid: async () => expect(await store.list()).not.toContain(late),
    })
    await learned(path, { executor: again.executor })
    expect(priorOf(path)).toEqual(alone)
    const shards = again.given.map(({ lap, shard }) => `${lap} ${shard}`)
    expect(shards).toContain('lap-002 5')
    expect(shards).not.toContain('lap-002 2')
  })

  it('gives up at once what travels when it is stopped', async () => {
    const path = join(scratch(), 'run')
    const link = await linkTo(server.port)
    setting(server.environment(link.port))
    const stopping = new AbortController()
    const { executor } = sharing(path, {
      after: () => {
        link.cut()
        setTimeout(() => stopping.abort(), 100)
      },
    })
    await expect(learned(path, { executor, signal: stopping.signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
    link.close()
  })
})

describe.skipIf(!hasRedis)('a lap by a queue and a bucket', () => {
  let queue: QueueServer
  beforeAll(async () => {
    queue = await redisServer()
  })
  afterAll(() => queue.stop())

  /** Learns by the queue of the test. */
  const onQueue = (path: string): SharedWork => {
    const drawing = queueExecutor(
      () => openBroker(queue.url(), quick),
      () => ({ ...runOf(path), share: SHARE }),
      quick,
    )
    const executor = { ...sharedByLearner(drawing, () => storeOf(path), path), software }
    onTestFinished(() => executor.stop())
    return executor
  }
  /** A worker with a folder of its own. */
  const far = (executorAt: (folder: string) => Executor, open: () => Promise<SharedStore>) => {
    const copy = scratch()
    return workerAt(queue.url(), {
      folderOf: () => copy,
      executorAt: (folder) => sharedByWorker(executorAt(folder), open, folder),
    })
  }

  it('is the same; a worker that the bucket refuses leaves the run to others', async () => {
    const path = join(scratch(), 'run')
    const executor = onQueue(path)
    const learning = learned(path, { executor })
    const refused = far(
      (folder) => drawnHere(folder),
      () => opened({ AWS_SECRET_ACCESS_KEY: 'hush' }, () => storeOf(path)),
    )
    expect(await refused.ended).toMatchObject({
      code: 'input',
      message: /^run run: s3:\/\/runs\/laps: the server answers 403 SignatureDoesNotMatch/,
    })
    const worker = far(
      (folder) => drawnHere(folder),
      () => storeOf(path),
    )
    await learning
    expect(priorOf(path)).toEqual(alone)
    expect(worker.given.length).toBe(SHARDS)
    await executor.stop()
    expect(await (await storeOf(path)).list()).toEqual([])
  })

  it('has a shard back at once from a worker that is stopped, or that loses the bucket', async () => {
    const path = join(scratch(), 'run')
    const learning = learned(path, { executor: onQueue(path) })
    const executor = stuck()
    const first = far(
      () => executor,
      () => storeOf(path),
    )
    const job = await executor.asked
    expect(await first.stop()).toMatchObject({ code: 'interrupted' })
    let isLost = false
    const lost = far(
      (folder) =>
        drawnHere(folder, undefined, () => {
          isLost = true
        }),
      () => losing(path, () => isLost),
    )
    expect(await lost.ended).toMatchObject({ code: 'io', message: /lost for 1 s: connect ECONNREFUSED/ })
    const last = far(
      (folder) => drawnHere(folder),
      () => storeOf(path),
    )
    await learning
    expect(priorOf(path)).toEqual(alone)
    expect(last.given).toContainEqual(job)
    expect(last.given.length).toBe(SHARDS)
    const again = readJournal(join(path, 'journal.jsonl')).flatMap(({ event, again }) =>
      event === 'shards' ? [again] : [],
    )
    expect(again).toEqual([0, 0])
  })
})
