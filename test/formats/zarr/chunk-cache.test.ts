/** Chunks are decoded once while they are near, and no more of them are held than the bound says. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chunkCache } from '../../../src/formats/zarr/chunk-cache.ts'
import { openZarr } from '../../../src/formats/zarr/zarr.ts'
import { toNumbers } from '../../../src/tensor/index.ts'
import { full } from '../../../src/tensor/ndarray.ts'
import { scratch } from '../../run/scratch.ts'
import { inFolder, v3 } from './writer.ts'

/** A chunk of 4,000 bytes. */
const chunk = () => full([1000], 1)

describe('the cache of chunks', () => {
  it('forgets those that were not used for longest, and counts what it holds', () => {
    const cache = chunkCache(3 * 4300)
    const made: string[] = []
    const get = (name: string) =>
      cache.get(name, () => {
        made.push(name)
        return chunk()
      })
    for (const name of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) {
      get(name)
      expect(cache.held()).toBeLessThanOrEqual(3 * 4300)
    }
    expect(made).toEqual(['a', 'b', 'c', 'd', 'b'])
    cache.clear()
    expect(cache.held()).toBe(0)
  })

  it('holds one chunk that is larger than it, until the next', () => {
    const cache = chunkCache(1000)
    for (const name of ['a', 'a', 'b']) cache.get(name, chunk)
    expect(cache.held()).toBeGreaterThanOrEqual(4000)
    expect(cache.held()).toBeLessThan(5000)
  })

  it('remembers that there is no chunk', () => {
    const cache = chunkCache()
    let asked = 0
    for (let i = 0; i < 3; i++) cache.get('a', () => void asked++)
    expect(asked).toBe(1)
  })
})

describe('rows of an array of many chunks', () => {
  const [count, each, size] = [400, 10, 100]
  const values = Array.from({ length: count * size }, (_, i) => i)
  const folder = (): string =>
    inFolder(join(scratch(), 'y.zarr'), v3({ values, shape: [count, size], chunks: [each, size / 2] }))

  it('come without the others: a twentieth of the array is held at most', () => {
    const bound = (4 * count * size) / 20
    const cache = chunkCache(bound)
    const { arrays, close } = openZarr(folder(), cache)
    let most = 0
    for (let row = 0; row < count; row += 7) {
      const to = Math.min(count, row + 7)
      expect(toNumbers(arrays.y.rows(row, to))).toEqual(values.slice(row * size, to * size))
      most = Math.max(most, cache.held())
    }
    expect(most).toBeLessThanOrEqual(bound)
    expect(most).toBeGreaterThan(0)
    close()
    expect(cache.held()).toBe(0)
  })

  it('of one chunk decode it once', () => {
    const path = folder()
    const { arrays, close } = openZarr(path)
    expect(toNumbers(arrays.y.rows(0, 1))).toEqual(values.slice(0, size))
    rmSync(join(path, 'c', '0'), { recursive: true }) // what is read again would be fill values
    for (let row = 0; row < each; row++)
      expect(toNumbers(arrays.y.rows(row, row + 1))).toEqual(values.slice(row * size, (row + 1) * size))
    close()
  })
})
