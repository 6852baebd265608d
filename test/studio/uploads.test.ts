import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeNpz, readArrays } from '../../src/formats/index.ts'
import { ndarray } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'
import { asking, lineOf, own, said } from './asking.ts'

const sound = () => new Uint8Array(encodeNpz({ y: ndarray([1, 2, 3], [3]) }))

const left = (folder: string): string[] =>
  existsSync(join(folder, 'uploads')) ? readdirSync(join(folder, 'uploads')) : []

describe('files that are sent', () => {
  it('lie in uploads/, whole, and are never replaced', async () => {
    const { folder, send } = asking()
    const answer = await send('mine.npz', sound())
    const { path } = await said<{ path: string }>(answer)
    expect([answer.status, path]).toEqual([200, join(folder, 'uploads/mine.npz')])
    expect(readArrays(path).y.data).toEqual(Float32Array.of(1, 2, 3))
    const again = await send('mine.npz', new Uint8Array(encodeNpz({ y: ndarray([9], [1]) })))
    expect([again.status, await lineOf(again)]).toEqual([
      409,
      'mine.npz: there is a file of this name already',
    ])
    expect(readArrays(path).y.size).toBe(3)
    expect(left(folder)).toEqual(['mine.npz'])
  })

  it('have plain names', async () => {
    const { folder, send } = asking()
    for (const name of [
      '../x.npz',
      '.x.npz',
      'a/b.npz',
      'x.html',
      'x',
      '',
      '/x.npz',
      'x\0.npz',
      `${'x'.repeat(200)}.npz`,
    ])
      expect([name, (await send(name, sound())).status]).toEqual([name, 400])
    expect(left(folder)).toEqual([])
  })

  it('are bounded, whatever they say of their length, and leave nothing when they are too long', async () => {
    const { folder, send } = asking(undefined, scratch(), 1000)
    let pieces = 0
    const endless = new ReadableStream({
      pull: (controller) => {
        pieces++
        controller.enqueue(new Uint8Array(400))
      },
    })
    const answer = await send('long.npz', endless)
    expect([answer.status, await lineOf(answer)]).toEqual([413, 'a file has at most 1000 bytes'])
    expect(pieces).toBeLessThan(10)
    expect(left(folder)).toEqual([])
  })

  it('that are hostile get the line of the command line, and do not stay', async () => {
    const { folder, send } = asking()
    const answer = await send('bad.npz', new TextEncoder().encode('PK\x03\x04<script>'))
    expect([answer.status, await lineOf(answer)]).toEqual([400, expect.stringMatching(/^bad\.npz: /)])
    expect(left(folder)).toEqual([])
  })

  it('go nowhere by a link, and come from this page only', async () => {
    const { folder, send, post } = asking()
    symlinkSync(scratch(), join(folder, 'uploads'))
    expect((await send('x.npz', sound())).status).toBe(400)
    const bytes = { 'content-type': 'application/octet-stream' }
    expect(
      (await post('/api/uploads?name=x.npz', {}, { ...own, origin: 'http://evil.example', ...bytes })).status,
    ).toBe(403)
    expect((await post('/api/uploads?name=x.npz', {})).status).toBe(415)
    expect((await post('/api/runs', {}, { ...own, ...bytes })).status).toBe(415)
  })
})
