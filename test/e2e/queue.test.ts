/** `tweedie learn --queue` and `tweedie worker`, as they are used. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, hasRedis, type QueueServer, redisServer } from '../run/shards/queue/servers.ts'
import { startTweedie, tweedie } from './built.ts'
import { smallManifold } from './small-manifold.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tweedie-queue-'))
  writeFileSync(join(folder, 'config.yaml'), smallManifold)
})
afterAll(() => rmSync(folder, { recursive: true }))

const at = (name: string): string => join(folder, name)
const learn = (run: string, ...more: string[]): string[] => [
  'learn',
  at('config.yaml'),
  ...['-o', at(run)],
  ...more,
]
const priorOf = (run: string): Buffer => readFileSync(join(at(run), 'checkpoints/prior.safetensors'))

describe.skipIf(!hasRedis)('a queue', () => {
  let server: QueueServer
  beforeAll(async () => {
    server = await redisServer()
  })
  afterAll(() => server.stop())

  it('gives the prior of one process; who learns twice is refused; workers leave by Ctrl-C', async () => {
    expect(tweedie(learn('alone')).status).toBe(0)
    const url = server.url()
    const learning = startTweedie(learn('queued', '--queue', url, '--json'))
    while (!learning.stderr().includes('"phase":"sampling"')) await wait(50)
    const second = tweedie(learn('queued', '--queue', url, '--resume'))
    expect(second.status).toBe(1)
    expect(second.stderr).toMatch(/^tweedie: .*queued: in use by process \d+ .*\n$/)
    symlinkSync(folder, at('mounted'))
    const workers = [[], ['--runs', at('mounted')]].map((more) =>
      startTweedie(['worker', '--queue', url, ...more]),
    )
    expect(await learning.ended).toBe(0)
    expect(priorOf('queued')).toEqual(priorOf('alone'))
    const events = learning
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ phase }) => phase === 'sampling')
    expect(events[0]).toMatchObject({ done: 0, total: 10, lap: 1, laps: 2 })
    expect(events.find(({ workers, running, waiting }) => workers + running + waiting > 0)).toBeDefined()
    for (const { child, ended, stderr } of workers) {
      child.kill('SIGINT')
      expect(await ended).toBe(130)
      expect(stderr()).toMatch(/tweedie: the worker was interrupted\n$/)
    }
  })

  it('has a worker for another run leave with one line', async () => {
    const learning = startTweedie(learn('waiting', '--queue', server.url(), '--json'))
    while (!learning.stderr().includes('"phase":"sampling"')) await wait(50)
    const { status, stderr } = tweedie(['worker', '--queue', server.url(), '--runs', at('elsewhere')])
    expect(status).toBe(2)
    expect(stderr).toBe(
      `waiting for runs at ${server.url()}\n` +
        `tweedie: run waiting: ${at('elsewhere/waiting')} is no folder of a run that learns by a queue; ` +
        '--runs says where runs are\n',
    )
    learning.child.kill('SIGINT')
    expect(await learning.ended).toBe(130)
  })
})

it('refuses in one line what is no queue, and makes no run of it', async () => {
  const url = `redis://127.0.0.1:${await freePort()}`
  const cases = [
    [learn('none', '--queue', url), /^tweedie: queue redis:.*: connect ECONNREFUSED .*\n$/],
    [learn('none', '--queue', 'amqp://host'), /^tweedie: --queue: expected redis:.* got amqp:\/\/…\n$/],
    [
      learn('none', '--queue', url, '--workers', '2'),
      /^tweedie: --workers draws here, --queue by its workers: one of them\n$/,
    ],
    [['worker', '--queue', url], /^tweedie: queue redis:.*: connect ECONNREFUSED .*\n$/],
    [['worker'], /^tweedie: required option '--queue <url>' not specified\n$/],
  ] as const
  for (const [args, line] of cases) {
    const { status, stderr } = tweedie(args)
    expect(stderr).toMatch(line)
    expect(status).toBe(2)
  }
  expect(existsSync(at('none'))).toBe(false)
})
