/** Zarr from servers: the same arrays as from a folder, and one line for what servers do. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { s3Address } from '../../../src/formats/bytes/s3-address.ts'
import { openArrays, readArrays } from '../../../src/formats/index.ts'
import { toNumbers } from '../../../src/tensor/index.ts'
import { scratch } from '../../run/scratch.ts'
import { serve } from './server.ts'
import { group, groupV2, groupV3, inFolder, json, type Keys, sharded, v2, v3 } from './writer.ts'

afterEach(() => vi.unstubAllEnvs())

const values = Array.from({ length: 24 }, (_, i) => i)
const array = { values, shape: [6, 4], chunks: [2, 4] }
const missing = { ...array, without: ([at]: readonly number[]) => at === 1 }
const expected = values.map((v) => (v >= 8 && v < 16 ? 0 : v))

/** A folder with `data.zarr` of these keys. */
const folderOf = (keys: Keys): string => {
  const folder = scratch()
  inFolder(join(folder, 'data.zarr'), keys)
  return folder
}

/** A port that nobody listens at. */
const closedPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

const text = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

describe('Zarr on a server', () => {
  it.each([
    ['version 2', v2(missing)],
    ['version 3', v3(missing)],
    [
      'version 3 in shards',
      sharded({ ...missing, chunks: [1, 4], without: ([at]) => at === 2 || at === 3 }, [2, 4]),
    ],
  ])('of %s is what it is in a folder', async (_, keys) => {
    const url = `${await serve(folderOf(keys))}/data.zarr`
    expect(toNumbers(readArrays(url).data)).toEqual(expected)
    const file = openArrays(`${url}/?signature=a%2Fb`)
    expect(toNumbers(file.rows('data', 1, 5))).toEqual(expected.slice(4, 20))
    file.close()
  })

  it('has the arrays of a group by consolidated metadata, and any by its own address', async () => {
    const [a, b] = [v2(array), v3(array)]
    const old = {
      zarr_consolidated_format: 1,
      metadata: { '.zgroup': {}, 'in/x/.zarray': text(a['.zarray']) },
    }
    const together = { kind: 'inline', must_understand: false, metadata: { 'in/x': text(b['zarr.json']) } }
    const head = { zarr_format: 3, node_type: 'group', attributes: {}, consolidated_metadata: together }
    for (const keys of [
      group({ 'in/x': a }, { ...groupV2, '.zmetadata': json(old) }),
      group({ 'in/x': b }, { 'zarr.json': json(head) }),
    ]) {
      const url = `${await serve(folderOf(keys))}/data.zarr`
      expect(toNumbers(readArrays(url)['in/x'])).toEqual(values)
      expect(toNumbers(readArrays(`${url}/in/x`).x)).toEqual(values)
    }
    for (const own of [groupV2, groupV3]) {
      const url = `${await serve(folderOf(group({ x: b }, own)))}/data.zarr`
      expect(() => readArrays(url)).toThrow('without consolidated metadata')
    }
  })

  it('is read from S3 at an endpoint', async () => {
    const server = await serve(folderOf(v3(array)))
    vi.stubEnv('AWS_ENDPOINT_URL', server)
    vi.stubEnv('AWS_ENDPOINT_URL_S3', '')
    // the bucket is the first part of the path: here the folder data.zarr itself
    expect(toNumbers(readArrays('s3://data.zarr').data)).toEqual(values)
  })

  it('asks again when a server is overloaded, and says when it refuses', async () => {
    const folder = folderOf(v3(array))
    const url = `${await serve(folder, { fails: 'c/1/0', failures: 2 })}/data.zarr`
    const file = openArrays(url)
    expect(toNumbers(file.rows('data', 0, 2))).toEqual(values.slice(0, 8))
    expect(() => file.rows('data', 2, 4)).toThrow(/c\/1\/0: the server answers 403 Forbidden$/)
    const always = openArrays(`${await serve(folder, { fails: 'c/1/0', failures: 9 })}/data.zarr`)
    expect(() => always.rows('data', 2, 4)).toThrow(/c\/1\/0: cannot read: the server answers 503 Service/)
  })

  it('is given up when a server is silent, breaks off or sends without end', async () => {
    vi.stubEnv('TWEEDIE_HTTP_SECONDS', '0.3')
    const folder = folderOf(v3(array))
    const url = `${await serve(folder, { hangs: 'c/0', breaks: 'c/1', floods: 'c/2' })}/data.zarr`
    const file = openArrays(url)
    expect(() => file.rows('data', 0, 1)).toThrow(
      /c\/0\/0: cannot read: no whole answer, waited 0.3 s for a byte$/,
    )
    expect(() => file.rows('data', 2, 3)).toThrow(/c\/1\/0: cannot read: other side closed$/)
    expect(() => file.rows('data', 4, 5)).toThrow(
      /c\/2\/0: has \d+ bytes, more than the \d+ that it may have$/,
    )
  })

  it('is missed in one line where nothing is, and where no server is', async () => {
    const url = await serve(folderOf(v3(array)))
    expect(() => readArrays(`${url}/other.zarr`)).toThrow('holds no array or group of Zarr')
    const silent = `127.0.0.1:${await closedPort()}`
    expect(() => readArrays(`http://${silent}/data.zarr`)).toThrow(
      `cannot read: connect ECONNREFUSED ${silent}`,
    )
    expect(() => readArrays(`${url}/data.npy`)).toThrow('only Zarr is read')
    expect(() => readArrays('https:///x.zarr?')).toThrow(/cannot read|is no address/)
  })

  it('in shards needs a server that sends parts of files', async () => {
    const folder = folderOf(sharded({ ...array, chunks: [1, 4] }, [2, 4]))
    const url = `${await serve(folder, { ranges: false })}/data.zarr`
    expect(() => readArrays(url)).toThrow('sends no parts of a file (Range)')
  })
})

describe('an address of S3', () => {
  it.each([
    [{}, 's3://seas/a b/x.zarr', 'https://seas.s3.us-east-1.amazonaws.com/a%20b/x.zarr'],
    [{ AWS_REGION: 'eu-west-1' }, 's3://seas/x.zarr', 'https://seas.s3.eu-west-1.amazonaws.com/x.zarr'],
    [{ AWS_DEFAULT_REGION: 'eu-west-1' }, 's3://a.b/x.zarr', 'https://s3.eu-west-1.amazonaws.com/a.b/x.zarr'],
    [{ AWS_ENDPOINT_URL: 'https://store.example/' }, 's3://seas/x.zarr', 'https://store.example/seas/x.zarr'],
  ])('with %j of %s is %s', (environment, path, address) => {
    expect(s3Address(path, environment)).toBe(address)
  })

  it('has a bucket, and an endpoint with its scheme', () => {
    expect(() => s3Address('s3:///x.zarr', {})).toThrow('expected s3://bucket/key')
    expect(() => s3Address('s3://a1/x.zarr', { AWS_ENDPOINT_URL: 'store' })).toThrow(
      'must begin with https://',
    )
  })
})
