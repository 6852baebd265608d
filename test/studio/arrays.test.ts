import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeNpy, readArrays, writeArrays } from '../../src/formats/index.ts'
import { NdArray, ndarray } from '../../src/tensor/index.ts'
import { asking, lineOf } from './asking.ts'

const counted = (shape: readonly number[]) =>
  ndarray(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    shape,
  )

const part = async ({ get }: ReturnType<typeof asking>, query: string) => {
  const answer = await get(`/api/arrays/${query}`)
  const shape = answer.headers.get('x-shape')
  return answer.ok
    ? { shape, values: [...new Float32Array(await answer.arrayBuffer())] }
    : { status: answer.status, error: await lineOf(answer) }
}

describe('arrays of the folder', () => {
  it('say what they are, and give rows and columns as float32', async () => {
    const studio = asking()
    writeArrays(join(studio.folder, 'd.npz'), {
      draws: counted([3, 2, 2]),
      n: new NdArray('uint8', [2], Uint8Array.of(7, 9)),
    })
    expect(await (await studio.get('/api/arrays?path=d.npz')).json()).toMatchObject({
      fields: [
        { name: 'draws', dtype: 'float32', shape: [3, 2, 2] },
        { name: 'n', dtype: 'uint8', shape: [2] },
      ],
    })
    expect(await part(studio, 'rows?path=d.npz&field=draws&from=1&to=2')).toEqual({
      shape: '1,2,2',
      values: [4, 5, 6, 7],
    })
    // The draws of observation 1.
    expect(await part(studio, 'columns?path=d.npz&field=draws&from=1&to=2')).toEqual({
      shape: '3,1,2',
      values: [2, 3, 6, 7, 10, 11],
    })
    expect(await part(studio, 'rows?path=d.npz&field=n')).toEqual({ shape: '2', values: [7, 9] })
  })

  it('refuse rows that are not there, fields that are not there, and too much at once', async () => {
    const studio = asking()
    writeArrays(join(studio.folder, 'd.npz'), {
      x: counted([3, 2]),
      big: ndarray(new Float32Array(2 ** 24 + 4), [2 ** 22 + 1, 4]),
    })
    for (const query of ['from=0&to=4', 'from=2&to=2', 'from=3&to=2', 'from=-1&to=1', 'from=x'])
      expect(await part(studio, `rows?path=d.npz&field=x&${query}`)).toMatchObject({ status: 400 })
    for (const field of ['', 'y', '__proto__', 'constructor'])
      expect(await part(studio, `rows?path=d.npz&field=${field}`)).toMatchObject({ status: 404 })
    expect(await part(studio, 'rows?path=d.npz&field=big')).toMatchObject({ status: 413 })
    expect(await part(studio, 'rows?path=d.npz&field=big&from=5&to=6')).toEqual({
      shape: '1,4',
      values: [0, 0, 0, 0],
    })
  }, 60_000)

  it('give of hostile files the line of the command line', async () => {
    const studio = asking()
    const whole = encodeNpy(counted([4, 4]))
    const files = {
      'short.npy': whole.subarray(0, 100),
      'lies.npy': Buffer.from(
        Buffer.from(whole).toString('latin1').replace('(4, 4)', '(4,4e9)'.slice(0, 6)),
        'latin1',
      ),
      'not.npz': Buffer.from('PK\x03\x04 no zip at all'),
      'huge.safetensors': Buffer.from([255, 255, 255, 255, 255, 255, 255, 127, 1, 2]),
      'page.npz': Buffer.from('<script>alert(1)</script>'),
      'text.txt': Buffer.from('text'),
    }
    for (const [name, bytes] of Object.entries(files)) {
      const path = join(studio.folder, name)
      writeFileSync(path, bytes)
      let line = ''
      try {
        readArrays(path)
      } catch (error) {
        line = error instanceof Error ? error.message : ''
      }
      const answer = await studio.get(`/api/arrays?path=${name}`)
      expect([name, answer.status, await lineOf(answer)]).toEqual([name, 400, line])
      expect(line).not.toMatch(/\n/)
      expect(answer.headers.get('content-type')).toContain('application/json')
    }
  })
})
