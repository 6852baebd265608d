/** `tweedie learn --queue --share`, and a `tweedie worker` that sees no folder of the run. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openShare } from '../../src/run/index.ts'
import { freePort, hasRedis, type QueueServer, redisServer } from '../run/shards/queue/servers.ts'
import { type S3Server, s3Server } from '../run/shards/share/s3-server.ts'
import { startTweedie } from './built.ts'
import { smallManifold } from './small-manifold.ts'

let folder: string
let server: S3Server
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tweedie-share-'))
  writeFileSync(join(folder, 'config.yaml'), smallManifold)
  server = await s3Server()
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

const setting = (variables: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}
beforeEach(() => setting(server.environment()))
afterEach(() => vi.unstubAllEnvs())

const at = (name: string): string => join(folder, name)
const learn = (run: string, ...more: string[]): string[] => [
  'learn',
  at('config.yaml'),
  ...['-o', at(run)],
  ...more,
]
const priorOf = (run: string): Buffer => readFileSync(join(at(run), 'checkpoints/prior.safetensors'))

/** Runs the command to its end, while the server of this process goes on. */
const tweedie = async (args: readonly string[]) => {
  const { ended, stderr } = startTweedie(args)
  return { status: await ended, stderr: stderr() }
}

describe.skipIf(!hasRedis)('a queue and a bucket', () => {
  let queue: QueueServer
  beforeAll(async () => {
    queue = await redisServer()
  })
  afterAll(() => queue.stop())

  it('give the prior of one process to workers with folders of their own, and keep nothing', async () => {
    expect((await tweedie(learn('alone'))).status).toBe(0)
    const url = queue.url()
    const learning = startTweedie(learn('shared', '--queue', url, '--share', 's3://runs/tests', '--json'))
    while (!learning.stderr().includes('"phase":"sampling"')) await wait(50)
    mkdirSync(at('copies'))
    const worker = startTweedie(['worker', '--queue', url, '--runs', at('copies')])
    expect(await learning.ended).toBe(0)
    expect(priorOf('shared')).toEqual(priorOf('alone'))
    const id = readFileSync(at('shared/run-id'), 'utf8').trim()
    const [copies = ''] = readdirSync(at('copies'))
    expect(readdirSync(join(at('copies'), copies))).toEqual([id])
    expect(await (await openShare('s3://runs/tests')).storeOf(id).list()).toEqual([])
    worker.child.kill('SIGINT')
    expect(await worker.ended).toBe(130)
    expect(readdirSync(at('copies'))).toEqual([])
  })

  it('have a worker without credentials leave with one line', async () => {
    const url = queue.url()
    const learning = startTweedie(learn('waiting', '--queue', url, '--share', 's3://runs/tests', '--json'))
    while (!learning.stderr().includes('"phase":"sampling"')) await wait(50)
    setting({ AWS_ACCESS_KEY_ID: '' })
    const { status, stderr } = await tweedie(['worker', '--queue', url])
    expect(status).toBe(2)
    expect(stderr).toBe(
      `waiting for runs at ${url}\n` +
        'tweedie: run waiting: s3://runs/tests: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set\n',
    )
    learning.child.kill('SIGINT')
    expect(await learning.ended).toBe(130)
  })

  it('are refused in one line, and no run is made, where the bucket refuses', async () => {
    const url = queue.url()
    const share = (place: string): string[] => learn('none', '--queue', url, '--share', place)
    const port = await freePort()
    const cases = [
      [share('s3://nothing'), {}, /^tweedie: s3:\/\/nothing: there is no such bucket\n$/],
      [share('gs://runs'), {}, /^tweedie: --share: expected s3:\/\/bucket\/prefix, got gs:\/\/…\n$/],
      [
        share('s3://runs'),
        { AWS_SECRET_ACCESS_KEY: 'hush' },
        /^tweedie: s3:\/\/runs: the server answers 403 SignatureDoesNotMatch: .*\n$/,
      ],
      [share('s3://runs'), server.environment(port), /^tweedie: s3:\/\/runs: connect ECONNREFUSED .*\n$/],
    ] as const
    for (const [args, variables, line] of cases) {
      setting({ ...server.environment(), ...variables })
      const { status, stderr } = await tweedie(args)
      expect(stderr).toMatch(line)
      expect(status).toBe(2)
    }
    expect(existsSync(at('none'))).toBe(false)
  })
})

it('refuses a bucket without a queue', async () => {
  const { status, stderr } = await tweedie(learn('none', '--share', 's3://runs'))
  expect(stderr).toMatch(/^tweedie: --share: goes with --queue, .*\n$/)
  expect(status).toBe(2)
})
