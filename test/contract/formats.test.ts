import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TweedieError } from '../../src/error.ts'
import * as exported from '../../src/formats/index.ts'
import { type NdArray, ndarray } from '../../src/tensor/ndarray.ts'
import { formats, type ListedFormat } from './lists/formats.ts'

/**
 * What decoding damaged bytes does; anything but a TweedieError `input` naming the file is a failure of the
 * test.
 */
const outcome = (format: ListedFormat, bytes: Uint8Array): Record<string, NdArray> | TweedieError => {
  try {
    return format.decode(bytes, 'file.any')
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    expect(error.code).toBe('input')
    expect(error.message).toMatch(/^file\.any: /)
    expect(error.message).not.toContain('\n')
    return error
  }
}

const plain = (arrays: Record<string, NdArray>) =>
  Object.entries(arrays)
    .map(([name, { dtype, shape, data }]) => ({
      name,
      dtype,
      shape,
      values: Array.from(data as ArrayLike<number | bigint>),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))

it('is asked of every format', () => {
  // Those behind an extension are listed by it, and JPEG loses (see jpeg.test.ts).
  const others = ['decodeNpy', 'decodeNpz', 'decodeSafetensors', 'decodeJpeg']
  const decoders = Object.keys(exported).filter((name) => /^decode/.test(name) && !others.includes(name))
  const wanted = [...Object.keys(exported.arrayFormats), ...decoders]
  expect(new Set(formats.map(({ reader }) => reader))).toEqual(new Set(wanted))
})

/**
 * What every file format must do: give back what was written, and meet damage with a TweedieError `input`
 * that names the file, never with another exception and never with more memory than the file can account for.
 * The list is in lists/formats.ts.
 */
describe.each([...formats])('$name', (format) => {
  it('gives back what was written, and writes the same bytes again', () => {
    fc.assert(
      fc.property(format.contents, (arrays) => {
        const bytes = format.encode(arrays)
        const back = format.decode(bytes, 'file.any')
        expect(plain(back)).toEqual(plain(arrays))
        expect(format.encode(arrays)).toEqual(bytes)
      }),
      { numRuns: 60 },
    )
  })

  it('reads bytes at an odd offset of a larger buffer', () => {
    fc.assert(
      fc.property(format.contents, fc.nat(7), (arrays, offset) => {
        const bytes = format.encode(arrays)
        const room = new Uint8Array(bytes.length + 8)
        room.set(bytes, offset)
        expect(plain(format.decode(room.subarray(offset, offset + bytes.length), 'file.any'))).toEqual(
          plain(arrays),
        )
      }),
      { numRuns: 20 },
    )
  })

  it('refuses every truncation', () => {
    const [arrays] = fc.sample(
      format.contents.filter((a) => Object.values(a).some(({ size }) => size > 3)),
      { numRuns: 1, seed: 1 },
    )
    const bytes = format.encode(arrays)
    for (let length = 0; length < bytes.length; length++) {
      expect(outcome(format, bytes.subarray(0, length)), `${length} of ${bytes.length} bytes`).toBeInstanceOf(
        TweedieError,
      )
    }
  })

  it('meets flipped bytes with an error of its own, or with arrays that fit the file', () => {
    const flips = fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(format.contents, flips, (arrays, changes) => {
        const bytes = Uint8Array.from(format.encode(arrays))
        for (const { at, to } of changes) bytes[at % bytes.length] = to
        const result = outcome(format, bytes)
        if (result instanceof TweedieError) return
        const total = Object.values(result).reduce((sum, { data }) => sum + data.byteLength, 0)
        // deflate expands 1032-fold at most, and a stored half or byte becomes 4 bytes
        expect(total).toBeLessThanOrEqual(bytes.length * 4 * 1032)
        if (format.unchecked) expect(total).toBeLessThanOrEqual(4 * bytes.length)
      }),
      { numRuns: 400 },
    )
  })

  it('meets noise with an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(outcome(format, noise)).toBeInstanceOf(TweedieError)
      }),
      { numRuns: 100 },
    )
  })

  it('does not share memory with the bytes it read', () => {
    const arrays = format.encode({ file: ndarray([0, 1, 1, 0], [1, 2, 2]) })
    const back = format.decode(arrays, 'f')
    arrays.fill(7)
    expect(Array.from(Object.values(back)[0].data as Float32Array)).toEqual([0, 1, 1, 0])
  })
})
