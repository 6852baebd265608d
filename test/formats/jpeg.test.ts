import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { encode } from 'jpeg-js'
import { afterAll, describe, expect, it } from 'vitest'
import { TweedieError } from '../../src/error.ts'
import { decodeJpeg, encodePng, readImages } from '../../src/formats/index.ts'
import { NdArray } from '../../src/tensor/ndarray.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-jpeg-'))
afterAll(() => rmSync(folder, { recursive: true }))

const [height, width] = [11, 19]

/** A smooth picture: what JPEG keeps almost as it is. */
const level = (c: number, y: number, x: number): number => 40 + 8 * y + 5 * x * (c === 1 ? 1 : 0) + 20 * c
const jpeg = (h = height, w = width): Uint8Array => {
  const data = new Uint8Array(4 * h * w)
  for (let i = 0; i < h * w; i++)
    for (let c = 0; c < 3; c++) data[4 * i + c] = level(c, Math.floor(i / w), i % w)
  return new Uint8Array(encode({ width: w, height: h, data }, 98).data)
}

/**
 * A grey JPEG of 8×8 pixels from the tables of ITU-T T.81 by hand: one DC coefficient and the end of its
 * block.
 */
const grey = (category: number, bits: string): Uint8Array => {
  const flat = Array<number>(64).fill(1)
  // one code of each table: DC category `category` is code 0, AC end-of-block is code 0 (one bit each)
  const entropy = `0${bits}0`.padEnd(16, '1')
  return Uint8Array.of(
    ...[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, ...flat],
    ...[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0],
    ...[0xff, 0xc4, 0, 20, 0x00, 1, ...Array<number>(15).fill(0), category],
    ...[0xff, 0xc4, 0, 20, 0x10, 1, ...Array<number>(15).fill(0), 0],
    ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0],
    ...[Number.parseInt(entropy.slice(0, 8), 2), Number.parseInt(entropy.slice(8), 2), 0xff, 0xd9],
  )
}

/** What decoding does; anything but a TweedieError `input` naming the file fails the test. */
const outcome = (bytes: Uint8Array): NdArray | TweedieError => {
  try {
    return decodeJpeg(bytes, 'a.jpg')
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    expect(error.code).toBe('input')
    expect(error.message).toMatch(/^a\.jpg: [^\n]+$/)
    return error
  }
}

describe('JPEG', () => {
  it('gives the picture back within a few levels, channels first', () => {
    const { shape, data } = decodeJpeg(jpeg(), 'a.jpg')
    expect(shape).toEqual([3, height, width])
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          expect(Math.abs(255 * data[(c * height + y) * width + x] - level(c, y, x))).toBeLessThan(6)
  })

  it('reads a grey picture as one channel: a DC coefficient of 400 is 128 + 400 / 8 everywhere', () => {
    const { shape, data } = decodeJpeg(grey(9, '110010000'), 'a.jpg')
    expect(shape).toEqual([1, 8, 8])
    expect(Array.from(data, (v) => Math.round(v * 255))).toEqual(Array(64).fill(178))
  })

  it('reads past what cameras leave behind the end', () => {
    const bytes = jpeg()
    expect(decodeJpeg(Uint8Array.of(...bytes, 0, 0xd9, 7), 'a.jpg')).toEqual(decodeJpeg(bytes, 'a.jpg'))
  })

  it('refuses every truncation', () => {
    const bytes = jpeg()
    for (let length = 0; length < bytes.length; length++)
      expect(outcome(bytes.subarray(0, length)), `${length} of ${bytes.length} bytes`).toBeInstanceOf(
        TweedieError,
      )
  })

  it('meets flipped bytes and noise with an error of its own, or a picture', () => {
    const bytes = jpeg()
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { minLength: 1, maxLength: 3 }),
        (changes) => {
          const damaged = Uint8Array.from(bytes)
          for (const { at, to } of changes) damaged[at % bytes.length] = to
          const result = outcome(damaged)
          if (result instanceof NdArray) expect(result.size).toBeLessThanOrEqual(3 * 512 * bytes.length)
        },
      ),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(outcome(noise)).toBeInstanceOf(TweedieError)
        expect(outcome(Uint8Array.of(0xff, 0xd8, ...noise))).toBeInstanceOf(TweedieError)
      }),
      { numRuns: 100 },
    )
  })

  it.each([
    [
      'a claim of 4 gigapixels',
      grey(1, '1').with(76, 255).with(78, 255),
      /claims 65\d+ × 65\d+ pixels, which \d+ bytes cannot/,
    ],
    ['12 bits a sample', grey(1, '1').with(75, 12), /8 bits a sample, got 12/],
    ['four components', grey(1, '1').with(80, 4), /grey or colour \(1 or 3 components\), got 4/],
    ['an empty picture', grey(1, '1').with(77, 0).with(79, 0), /image of 0 × 0 pixels/],
    ['arithmetic coding', grey(1, '1').with(72, 0xc9), /coding 0xc9 is not supported/],
    ['no end', grey(1, '1').with(-1, 0), /no end marker/],
    ['another file', new Uint8Array(100), /not a JPEG file/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeJpeg(bytes, 'a.jpg')).toThrow(message)
  })

  it('stands beside PNG in a folder of images', () => {
    writeFileSync(join(folder, 'b.JPG'), jpeg(4, 6))
    writeFileSync(join(folder, 'c.jpeg'), jpeg(4, 6))
    writeFileSync(
      join(folder, 'a.png'),
      encodePng(new NdArray('float32', [3, 4, 6], new Float32Array(72).fill(0.2))),
    )
    const { images, names } = readImages(folder)
    expect(names).toEqual(['a.png', 'b.JPG', 'c.jpeg'])
    expect(images.shape).toEqual([3, 3, 4, 6])
    expect(images.data[0]).toBeCloseTo(0.2, 6)
    expect(images.data.subarray(72, 144)).toEqual(images.data.subarray(144))
  })
})
