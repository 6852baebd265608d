import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { download } from '../../../web/engine/download.ts'

const content = Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) & 255)

let close = (): void => undefined
afterEach(() => close())

const served = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  close = () => {
    server.closeAllConnections()
    server.close()
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.onnx`
}

const watched = (signal = new AbortController().signal) => {
  const done: number[] = []
  const reasons: string[] = []
  return {
    done,
    reasons,
    options: {
      signal,
      waits: [1, 1],
      onProgress: (arrived: number) => void done.push(arrived),
      onRetry: (_attempt: number, reason: string) => void reasons.push(reason),
    },
  }
}

describe('a download', () => {
  it('goes on where it broke, if the file is still the same', async () => {
    const ranges: (string | undefined)[] = []
    const url = await served((request, response) => {
      ranges.push(request.headers.range)
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      response.writeHead(from > 0 ? 206 : 200, { etag: '"a"', 'content-length': content.length - from })
      if (from > 0) return void response.end(content.subarray(from))
      response.write(content.subarray(0, 2000), () => setTimeout(() => response.destroy(), 50))
    })
    const { options, reasons, done } = watched()
    expect(await download({ url }).bytes(options)).toEqual(content)
    expect(ranges).toEqual([undefined, 'bytes=2000-'])
    expect(reasons).toHaveLength(1)
    expect(done.at(-1)).toBe(content.length)
  })

  it('begins anew when the server sends all of it again', async () => {
    let requests = 0
    const url = await served((_, response) => {
      requests++
      response.writeHead(200, { 'content-length': content.length })
      if (requests > 1) return void response.end(content)
      response.write(content.subarray(0, 2000), () => setTimeout(() => response.destroy(), 50))
    })
    expect(await download({ url }).bytes(watched().options)).toEqual(content)
    expect(requests).toBe(2)
  })

  it('tries again after errors of the server, and gives up in one line', async () => {
    let requests = 0
    const url = await served((_, response) => {
      requests++
      response.writeHead(503).end()
    })
    const { options, reasons } = watched()
    await expect(download({ url }).bytes(options)).rejects.toThrow('model.onnx: the server answered 503')
    expect(requests).toBe(3)
    expect(reasons).toHaveLength(2)
  })

  it('does not ask again for what is not there', async () => {
    let requests = 0
    const url = await served((_, response) => {
      requests++
      response.writeHead(404).end()
    })
    await expect(download({ url }).bytes(watched().options)).rejects.toThrow('404')
    expect(requests).toBe(1)
  })

  it('is stopped, and goes on when it is asked for again', async () => {
    const ranges: (string | undefined)[] = []
    const url = await served((request, response) => {
      ranges.push(request.headers.range)
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      response.writeHead(from > 0 ? 206 : 200, { etag: '"a"', 'content-length': content.length - from })
      if (from > 0) response.end(content.subarray(from))
      else response.write(content.subarray(0, 1000))
    })
    const file = download({ url })
    const stopped = new AbortController()
    const first = watched(stopped.signal)
    const onProgress = () => stopped.abort()
    await expect(file.bytes({ ...first.options, onProgress })).rejects.toThrow(/abort/i)
    expect(await file.bytes(watched().options)).toEqual(content)
    expect(ranges).toEqual([undefined, 'bytes=1000-'])
  })
})
