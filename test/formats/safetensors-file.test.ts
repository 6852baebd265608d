import { createHash } from 'node:crypto'
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  checkSafetensors,
  decodeSafetensors,
  encodeSafetensors,
  openArrays,
  readArrays,
  readSafetensors,
  writeArrays,
} from '../../src/formats/index.ts'
import { NdArray, ndarray } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'

const arrays = {
  weights: ndarray([0.5, -1, Number.NaN, 1e-40], [2, 2]),
  wide: ndarray([1, 2, 3], [3], 'float64'),
  flags: new NdArray('bool', [5], Uint8Array.of(1, 0, 1, 1, 0)),
  none: ndarray([], [0, 4]),
  long: ndarray([123456789012], [], 'int64'),
}
const metadata = { unit: 'K', state: '{"tweedie.sha256":"é"}' }

const written = (): string => {
  const path = join(scratch(), 'a.safetensors')
  writeArrays(path, arrays, metadata)
  return path
}

/** Where the data of a file begin. */
const startOf = (bytes: Uint8Array): number => 8 + Number(Buffer.from(bytes).readBigUInt64LE(0))

describe('a file written array by array', () => {
  it('has the bytes of encodeSafetensors, whatever the order in which the arrays come', () => {
    const path = written()
    expect(readFileSync(path).equals(encodeSafetensors(arrays, metadata))).toBe(true)
    writeArrays(path, Object.fromEntries(Object.entries(arrays).reverse()), metadata)
    expect(readFileSync(path).equals(encodeSafetensors(arrays, metadata))).toBe(true)
    const other = join(scratch(), 'b.safetensors')
    writeArrays(other, arrays)
    expect(readFileSync(other).equals(encodeSafetensors(arrays))).toBe(true)
  })

  it('says the SHA-256 of each array, in the order in which they lie', () => {
    const bytes = readFileSync(written())
    const start = startOf(bytes)
    const { __metadata__: about, ...fields } = JSON.parse(bytes.subarray(8, start).toString())
    const digests = ['long', 'wide', 'none', 'weights', 'flags'].map((name) => {
      const [begin, end] = fields[name].data_offsets
      return createHash('sha256')
        .update(bytes.subarray(start + begin, start + end))
        .digest('hex')
    })
    expect(about).toEqual({ ...metadata, 'tweedie.sha256': digests.join('') })
  })

  it('is read to the bit, as by decodeSafetensors', () => {
    const path = written()
    const whole = decodeSafetensors(readFileSync(path), path)
    expect(readSafetensors(path)).toEqual(whole)
    expect(Object.keys(readSafetensors(path).arrays)).toEqual(Object.keys(whole.arrays))
    expect(readArrays(path)).toEqual(whole.arrays)
    expect(whole).toEqual({ arrays, metadata })
  })
})

describe('an array of several pieces', () => {
  it('is the same after writing and reading', () => {
    const size = 2 ** 26 + 2 ** 20 + 3
    const big = new NdArray(
      'uint8',
      [size],
      Uint8Array.from({ length: size }, (_, i) => i >> 7),
    )
    const path = join(scratch(), 'pieces.safetensors')
    writeArrays(path, { big, small: ndarray([1, 2]) })
    const back = readSafetensors(path).arrays
    expect(Buffer.compare(Buffer.from(back.big.data.buffer), Buffer.from(big.data.buffer))).toBe(0)
    expect(back.small).toEqual(ndarray([1, 2]))
  })
})

describe('a flipped bit', () => {
  const digits = '[0-9a-f]{12}…'
  const damaged = new RegExp(
    `^(.*): field '\\w+': damaged: its bytes should have SHA-256 ${digits}, got ${digits}; `,
  )

  it('is found wherever it is in the data, in one line that names the file', () => {
    const path = written()
    const good = readFileSync(path)
    for (let at = startOf(good); at < good.length; at++) {
      const bytes = Buffer.from(good)
      bytes[at] ^= 1
      writeFileSync(path, bytes)
      const message = expect.objectContaining({ code: 'input', message: expect.stringMatching(damaged) })
      expect(() => readSafetensors(path)).toThrow(message)
      expect(() => checkSafetensors(path)).toThrow(message)
      expect(() => decodeSafetensors(bytes, path)).toThrow(message)
    }
  })

  it('is found in the digest itself', () => {
    const path = written()
    const bytes = readFileSync(path)
    bytes[bytes.indexOf('"tweedie.sha256":"') + 20] ^= 1
    writeFileSync(path, bytes)
    expect(() => readSafetensors(path)).toThrow(damaged)
  })

  it('is nothing that a digest too few can hide', () => {
    const path = written()
    const bytes = readFileSync(path, 'latin1')
    writeFileSync(
      path,
      bytes.replace(/"tweedie.sha256":"(\w{64})(\w*)"/, `"tweedie.sha256":"$2"${' '.repeat(64)}`),
      'latin1',
    )
    expect(() => readSafetensors(path)).toThrow(/'tweedie.sha256' should hold a SHA-256 for each of 5 arrays/)
  })

  it('is nothing where no digest was written', () => {
    const path = join(scratch(), 'others.safetensors')
    const header = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} '
    const bytes = Buffer.alloc(8 + header.length + 4, 1)
    bytes.writeBigUInt64LE(BigInt(header.length))
    bytes.write(header, 8)
    writeFileSync(path, bytes)
    checkSafetensors(path)
    expect(readSafetensors(path).metadata).toEqual({})
    expect(readArrays(path).x.size).toBe(1)
  })
})

const GIB = 2 ** 30

describe('a file above 4 GiB', () => {
  it('is read by offset: here most of it is a hole', () => {
    const path = join(scratch(), 'sparse.safetensors')
    const size = 5 * GIB
    const header = JSON.stringify({
      hole: { dtype: 'U8', shape: [5, GIB], data_offsets: [0, size] },
      last: { dtype: 'F32', shape: [2], data_offsets: [size, size + 8] },
    }).padEnd(160)
    const file = openSync(path, 'w')
    const beginning = Buffer.alloc(8 + header.length)
    beginning.writeBigUInt64LE(BigInt(header.length))
    beginning.write(header, 8)
    writeSync(file, beginning)
    ftruncateSync(file, beginning.length + size)
    writeSync(file, new Uint8Array(Float32Array.of(1.5, -2).buffer), 0, 8, beginning.length + size)
    closeSync(file)

    const { whole, close } = openArrays(path)
    expect(whole('last')).toEqual(ndarray([1.5, -2]))
    close()
  })

  // Nine arrays that share half a GiB of memory: half a minute and 4.5 GiB of disk, so only when asked for.
  const { bavail, bsize } = statfsSync(tmpdir())
  it.skipIf(process.env.TWEEDIE_LARGE !== '1' || bavail * bsize < 10 * GIB)(
    'is written array by array, and its digest agrees',
    () => {
      const path = join(scratch(), 'large.safetensors')
      const shared = new NdArray('uint8', [GIB / 2], new Uint8Array(GIB / 2))
      const names = Array.from({ length: 9 }, (_, i) => `part${i}`)
      writeArrays(path, Object.fromEntries(names.map((name) => [name, shared])))
      expect(statSync(path).size).toBeGreaterThan(4.5 * GIB)
      checkSafetensors(path)
      const { fields, close } = openArrays(path)
      close()
      expect(Object.keys(fields)).toEqual(names)
    },
    120_000,
  )
})
