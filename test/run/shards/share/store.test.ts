/** Files of a run in a bucket, on a server that checks signatures; and what buckets and their ways do. */
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { TweedieError } from '../../../../src/error.ts'
import { openShare, type SharedStore } from '../../../../src/run/index.ts'
import { scratch } from '../../scratch.ts'
import { freePort, linkTo } from '../queue/servers.ts'
import { type S3Server, s3Server } from './s3-server.ts'

const quick = { silence: 2000, patience: 20_000 }

/** Of one that is to be lost. */
const impatient = { silence: 500, patience: 1000 }

let server: S3Server
beforeAll(async () => {
  server = await s3Server()
})
afterAll(() => server.stop())

const setting = (variables: Readonly<Record<string, string | undefined>>): void => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}
beforeEach(() => setting(server.environment()))
afterEach(() => vi.unstubAllEnvs())

const storeAt = async (url: string, { id = 'c0ffee', times = quick } = {}): Promise<SharedStore> =>
  (await openShare(url, times)).storeOf(id)

/** A file with this text. */
const fileOf = (text: string): string => {
  const path = join(scratch(), 'file')
  writeFileSync(path, text)
  return path
}

/** Starts a server that answers so, and has the variables lead to it. */
const answering = async (answer: RequestListener): Promise<void> => {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  setting({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` })
}

describe('a store', () => {
  it.each(['s3://runs', 's3://runs/', 's3://runs/deep/er', 's3://runs/a b&c+d é'])(
    '%s gives back what it was given, by run',
    async (url) => {
      const [own, other] = [await storeAt(url), await storeAt(url, { id: 'decaf' })]
      await own.put(fileOf('one'), join('draws', 'lap-001', '0000.safetensors'))
      await own.put(fileOf('two'), 'config.yaml')
      await other.put(fileOf('three'), 'config.yaml')
      const path = join(scratch(), 'new', 'folder', 'file')
      expect(await own.get('config.yaml', path)).toBe(true)
      expect(readFileSync(path, 'utf8')).toBe('two')
      await own.put(fileOf('again'), 'config.yaml')
      expect(await own.get('config.yaml', path)).toBe(true)
      expect(readFileSync(path, 'utf8')).toBe('again')
      expect((await own.list()).sort()).toEqual(['config.yaml', 'draws/lap-001/0000.safetensors'])
      for (const key of await own.list()) await own.remove(key)
      expect(await own.list()).toEqual([])
      expect(await other.list()).toEqual(['config.yaml'])
      await other.remove('config.yaml')
    },
  )

  it('says what is not there, and leaves no half of it', async () => {
    const store = await storeAt('s3://runs/none')
    const folder = scratch()
    expect(await store.get('config.yaml', join(folder, 'file'))).toBe(false)
    expect(readdirSync(folder)).toEqual([])
    await store.remove('config.yaml')
    expect(await store.list()).toEqual([])
  })

  it('lists more than one page', async () => {
    const keysOf = (keys: readonly string[]): string =>
      keys.map((key) => `<Key>x/c0ffee/${key}</Key>`).join('')
    await answering(({ url = '' }, response) => {
      const next = new URL(url, 'http://host').searchParams.get('continuation-token')
      if (next === 'a+/=') return void response.end(keysOf(['c']))
      response.end(`${keysOf(['a', 'b/d'])}<NextContinuationToken>a+/=</NextContinuationToken>`)
    })
    expect(await (await storeAt('s3://runs/x')).list()).toEqual(['a', 'b/d', 'c'])
  })

  it('carries megabytes, and signs with the token and the region of its variables', async () => {
    setting({ AWS_SESSION_TOKEN: 'a token', AWS_REGION: 'eu-north-1' })
    const store = await storeAt('s3://runs/large')
    const text = 'tweedie '.repeat(1e6)
    await store.put(fileOf(text), 'config.yaml')
    const path = join(scratch(), 'file')
    expect(await store.get('config.yaml', path)).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('refuses a file that is not here, and a disk that is none', async () => {
    const store = await storeAt('s3://runs/disk')
    const gone = join(scratch(), 'gone')
    await expect(store.put(gone, 'config.yaml')).rejects.toMatchObject({ code: 'input' })
    await store.put(fileOf('one'), 'config.yaml')
    await expect(store.get('config.yaml', join(fileOf(''), 'file'))).rejects.toMatchObject({ code: 'io' })
  })
})

/** What opening a bucket is refused with; it is one line without secrets. */
const refusal = async (url: string): Promise<string> => {
  const cause: unknown = await openShare(url, quick)
    .then((share) => share.check())
    .then(
      () => 'nothing',
      (error) => error,
    )
  if (!(cause instanceof TweedieError)) throw new Error(`expected a TweedieError, got ${cause}`)
  expect(cause.code).toBe('input')
  expect(cause.message).not.toMatch(/\n|hush/)
  return cause.message
}

describe('a bucket', () => {
  it.each([
    ['http://host/runs', '--share: expected s3://bucket/prefix, got http://…'],
    ['s3://me:hush@runs', '--share: expected s3://bucket/prefix, got s3://…'],
    ['s3://runs/x?endpoint=https://host', '--share: expected s3://bucket/prefix, got s3://…'],
    ['nowhere', "--share: expected s3://bucket/prefix, got 'nowhere'"],
    ['s3://nothing/x', 's3://nothing/x: there is no such bucket'],
  ])('%s is refused', async (url, message) => {
    expect(await refusal(url)).toBe(message)
  })

  it('says which credentials are wrong, and that there are none', async () => {
    setting({ AWS_SECRET_ACCESS_KEY: 'hush' })
    expect(await refusal('s3://runs/x')).toMatch(
      /^s3:\/\/runs\/x: the server answers 403 SignatureDoesNotMatch: /,
    )
    setting({ AWS_ACCESS_KEY_ID: 'nobody' })
    expect(await refusal('s3://runs')).toMatch(/^s3:\/\/runs: the server answers 403 InvalidAccessKeyId: /)
    setting({ AWS_ACCESS_KEY_ID: '' })
    expect(await refusal('s3://runs')).toBe(
      's3://runs: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set',
    )
  })

  it('says that nobody answers', async () => {
    const port = await freePort()
    setting(server.environment(port))
    expect(await refusal('s3://runs')).toBe(`s3://runs: connect ECONNREFUSED 127.0.0.1:${port}`)
    setting({ AWS_ENDPOINT_URL: 'localhost:9000' })
    expect(await refusal('s3://runs')).toMatch(/AWS_ENDPOINT_URL must begin with https/)
  })

  it('says that whoever is there is silent', async () => {
    const silent = await linkTo(await freePort())
    silent.cut()
    setting(server.environment(silent.port))
    expect(await refusal('s3://runs')).toBe('s3://runs: no answer')
    silent.close()
  }, 15_000)

  it('of another region is named, and what is no S3 is told apart', async () => {
    await answering((_, response) => {
      response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-3', location: 'http://127.0.0.1:1/' }).end()
    })
    expect(await refusal('s3://runs')).toBe('s3://runs: its region is eu-west-3, set AWS_REGION')
    await answering((_, response) => {
      response.writeHead(404).end('<html>\n</html>')
    })
    expect(await refusal('s3://runs')).toBe('s3://runs: the server answers 404 Not Found')
  })
})

describe('a way to a bucket', () => {
  it('that is cut for a while is waited for', async () => {
    const link = await linkTo(server.port)
    setting(server.environment(link.port))
    const store = await storeAt('s3://runs/link')
    link.cut()
    setTimeout(() => link.mend(), 500)
    await store.put(fileOf('one'), 'config.yaml')
    expect(await store.list()).toEqual(['config.yaml'])
    link.close()
  })

  it('that stays cut ends the wait with one line', async () => {
    const link = await linkTo(server.port)
    setting(server.environment(link.port))
    const store = await storeAt('s3://runs/link', { times: impatient })
    link.cut()
    await expect(store.list()).rejects.toMatchObject({
      code: 'io',
      message: 's3://runs/link: lost for 1 s: no answer',
    })
    link.close()
  })

  it('may be given up at once', async () => {
    const link = await linkTo(server.port)
    setting(server.environment(link.port))
    const store = await storeAt('s3://runs/link')
    link.cut()
    const stopping = new AbortController()
    const listed = store.list(stopping.signal)
    stopping.abort()
    await expect(listed).rejects.toMatchObject({ code: 'interrupted' })
    link.close()
  })

  it('is tried again after an overload and after half an answer; a slow one is not silent', async () => {
    let asked = 0
    await answering(async (request, response) => {
      if (request.url?.includes('list-type')) return void response.end('<ListBucketResult/>')
      asked++
      if (asked === 1) return void response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>')
      if (asked === 2) {
        response.writeHead(200, { 'content-length': '4' }).write('ab')
        setTimeout(() => response.destroy(), 50)
        return
      }
      response.writeHead(200, { 'content-length': '8' })
      for (const piece of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
        response.write(piece)
        await new Promise((resolve) => setTimeout(resolve, 400))
      }
      response.end()
    })
    const path = join(scratch(), 'file')
    const store = await storeAt('s3://runs')
    expect(await store.get('config.yaml', path)).toBe(true)
    expect(asked).toBe(3)
    expect(readFileSync(path, 'utf8')).toBe('abcdefgh')
  })

  it('that breaks for good leaves no file', async () => {
    await answering((request, response) => {
      if (request.url?.includes('list-type')) return void response.end('<ListBucketResult/>')
      response.writeHead(200, { 'content-length': '4' }).write('ab')
      setTimeout(() => response.destroy(), 20)
    })
    const folder = scratch()
    const store = await storeAt('s3://runs', { times: impatient })
    await expect(store.get('config.yaml', join(folder, 'file'))).rejects.toMatchObject({ code: 'io' })
    expect(existsSync(join(folder, 'file'))).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })
})
