/** Frames of Blosc that numcodecs made, of each compressor that it has: sound until they are damaged. */
import Blosc from 'numcodecs/blosc'
import Zstd from 'numcodecs/zstd'
import { describe, expect, it } from 'vitest'
import { checkBlosc } from '../../../src/formats/zarr/blosc-frame.ts'

const zstd = Zstd.fromConfig({ id: 'zstd' })
const check = (frame: Uint8Array, most = 2 ** 20) =>
  checkBlosc(frame, most, async (bytes) => zstd.decode(bytes))

// 100,000 bytes of 4-byte integers, of which neighbours differ by 0 … 6
const raw = new Uint8Array(Int32Array.from({ length: 25_000 }, (_, i) => i * 3 + ((i * i) % 7)).buffer)

// runs of different lengths, so that nothing is stored as it is
const runs = new Uint8Array(
  Int32Array.from({ length: 25_000 }, (_, i) => Math.floor(Math.sqrt(i) * 20)).buffer,
)

describe.each(['lz4', 'lz4hc', 'zlib', 'zstd', 'blosclz', 'snappy'])('a frame of %s', (cname) => {
  it.each([0, 1, 2])('with shuffle %d is sound, and none of its parts is short', async (shuffle) => {
    for (const blocksize of [0, 2048, 30_000]) {
      const codec = Blosc.fromConfig({ id: 'blosc', cname, shuffle, clevel: 5, blocksize })
      const frame = Uint8Array.from(await codec.encode(raw))
      await expect(check(frame)).resolves.toBeUndefined()
      expect(Buffer.compare(await codec.decode(frame), raw)).toBe(0)
      await expect(check(frame.subarray(0, frame.length - 1))).rejects.toThrow('truncated')
      await expect(check(frame, 99_999)).rejects.toThrow('claims 100000 bytes')
      if (frame[2] & 2) continue // a plain copy has no parts
      const astray = Uint8Array.from(frame)
      new DataView(astray.buffer).setUint32(16, frame.length - 3, true) // where the first block begins
      await expect(check(astray)).rejects.toThrow('damaged')
    }
  })
})

describe('a damaged frame', () => {
  it.each(['lz4', 'zlib', 'zstd'])('of %s whose values do not come out is found', async (cname) => {
    const codec = Blosc.fromConfig({ id: 'blosc', cname, shuffle: 0, clevel: 5, blocksize: 0 })
    const frame = Uint8Array.from(await codec.encode(runs))
    let found = 0
    for (let at = 40; at < frame.length; at += Math.ceil(frame.length / 40)) {
      const bad = Uint8Array.from(frame)
      bad.fill(0, at, at + 24)
      if (
        await check(bad).then(
          () => false,
          () => true,
        )
      )
        found++
    }
    expect(found).toBeGreaterThan(20)
  })
})
