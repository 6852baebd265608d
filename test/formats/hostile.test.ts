import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode as encodeAnyPng } from 'fast-png'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import {
  decodeNpy,
  decodeNpz,
  decodePng,
  decodeSafetensors,
  encodeNpy,
  encodeNpz,
  encodePng,
  encodeSafetensors,
  readArrays,
  readImages,
  writeArrays,
} from '../../src/formats/index.ts'
import { ndarray, toNumbers } from '../../src/tensor/ndarray.ts'

const text = (s: string) => new TextEncoder().encode(s)
const folder = mkdtempSync(join(tmpdir(), 'tweedie-formats-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A .npy file with any header and any number of data bytes. */
const npy = (header: string, data = 0, version = 1): Uint8Array => {
  const bytes = new Uint8Array((version === 1 ? 10 : 12) + header.length + data)
  bytes.set([0x93, ...text('NUMPY'), version, 0, header.length & 0xff, header.length >> 8])
  bytes.set(text(header), version === 1 ? 10 : 12)
  return bytes
}

const dict = (shape: string, descr = '<f4', order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`

describe('npy', () => {
  it('is written byte for byte as NumPy writes it', () => {
    const bytes = readFileSync(join(import.meta.dirname, 'fixtures', 'numpy.npy'))
    expect(encodeNpy(decodeNpy(bytes, 'numpy.npy'))).toEqual(new Uint8Array(bytes))
  })

  it.each([
    [
      'a huge shape',
      npy(dict('(1000000, 1000000)'), 16),
      /truncated: shape \[1000000,1000000\] of f4 needs 4000000000000 bytes of data, the file has 16/,
    ],
    [
      'a shape beyond any number',
      npy(dict('(9007199254740991, 9007199254740991)')),
      /larger than any file can be/,
    ],
    [
      'a shape with infinite size',
      npy(dict(`(${'9'.repeat(400)},)`)),
      /must hold natural numbers, got Infinity/,
    ],
    ['a negative shape', npy(dict('(-1, 4)')), /shape \[-1,4\] must hold natural numbers, got -1/],
    ['33 dimensions', npy(dict(`(${'1, '.repeat(33)})`), 4), /shape has 33 dimensions, at most 32/],
    [
      'too much data',
      npy(dict('(2,)'), 9),
      /too long: shape \[2\] of f4 needs 8 bytes of data, the file has 9/,
    ],
    [
      'structured dtype',
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 4),
      /header is not understood at ''descr': \[/,
    ],
    ['text dtype', npy(dict('(1,)', '<U8'), 32), /dtype must be one of .* got '<U8'/],
    [
      'a shape that is no tuple',
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': True}", 4),
      /'shape' must be a tuple, got True/,
    ],
    ['a shape of words', npy(dict('(1 2,)'), 4), /'shape' must hold integers/],
    [
      'a key twice',
      npy("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", 4),
      /key 'descr' twice/,
    ],
    ['a missing key', npy("{'descr': '<f4', 'shape': (1,)}", 4), /lacks the key 'fortran_order'/],
    [
      'a further key',
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': True}", 4),
      /unknown keys/,
    ],
    ['an order that is no bool', npy(dict('(1,)', '<f4', "'C'"), 4), /'fortran_order' must be a bool/],
    ['a program as header', npy("__import__('os').system('true')", 4), /header must be a Python dictionary/],
    ['an unknown version', npy(dict('(1,)'), 4, 9), /version must be 1, 2 or 3, got 9/],
    [
      'a boolean of 2',
      npy(dict('(1,)', '|b1'), 1).fill(2, -1),
      /booleans must be 0 or 1, got 2 at element 0/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeNpy(bytes, 'evil.npy')).toThrow(/^evil\.npy: /)
    expect(() => decodeNpy(bytes, 'evil.npy')).toThrow(message)
  })

  it('refuses a header longer than any array needs', () => {
    expect(() => decodeNpy(npy(dict('(1,)').padEnd(60_000), 4), 'evil.npy')).toThrow(
      /header of 60000 bytes, at most 10000/,
    )
  })

  it('reads keys in any order, double quotes and the long integers of Python 2', () => {
    const array = decodeNpy(npy(`{"shape": (2L,), "fortran_order": True, "descr": "|u1"}`, 2), 'old.npy')
    expect(array.shape).toEqual([2])
  })
})

/** A .safetensors file with any header. */
/** An array without elements, as the header of a `.safetensors` file describes it. */
const EMPTY = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'

const safetensors = (header: unknown, data = 0, length?: bigint): Uint8Array => {
  const json = text(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length + data)
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

const f32 = (shape: unknown, offsets: unknown) => ({ dtype: 'F32', shape, data_offsets: offsets })

describe('safetensors', () => {
  it.each([
    [
      'a header longer than the file',
      safetensors({}, 0, 1n << 40n),
      /header of 1099511627776 bytes in a file of 10 bytes/,
    ],
    [
      'a header length beyond 2^53',
      safetensors({}, 0, (1n << 64n) - 1n),
      /header of 18446744073709551615 bytes/,
    ],
    ['a header that is no JSON', safetensors('{"a":'), /header is not JSON/],
    ['a header that is a list', safetensors([]), /header must be a JSON object/],
    [
      'an array without offsets',
      safetensors({ x: { dtype: 'F32', shape: [1] } }, 4),
      /field 'x': data_offsets must be two/,
    ],
    [
      'offsets past the data',
      safetensors({ x: f32([2], [0, 8]) }, 4),
      /field 'x': data_offsets \[0,8\] pass the 4 bytes of data/,
    ],
    [
      'offsets of another size',
      safetensors({ x: f32([2], [0, 4]) }, 4),
      /field 'x': shape \[2\] of F32 needs 8 bytes, data_offsets \[0,4\] hold 4/,
    ],
    [
      'overlapping arrays',
      safetensors({ x: f32([2], [0, 8]), y: f32([2], [4, 12]) }, 12),
      /field 'y' overlaps another: it begins at 4, before 8/,
    ],
    [
      'a gap',
      safetensors({ x: f32([1], [0, 4]), y: f32([1], [8, 12]) }, 12),
      /nothing claims the bytes 4 to 8 before field 'y'/,
    ],
    ['data that nothing claims', safetensors({ x: f32([1], [0, 4]) }, 5), /nothing claims the last 1 bytes/],
    ['a negative shape', safetensors({ x: f32([-1], [0, 4]) }, 4), /shape \[-1\] must hold natural numbers/],
    ['a fractional shape', safetensors({ x: f32([0.5], [0, 2]) }, 2), /must hold natural numbers, got 0.5/],
    [
      'an unknown dtype',
      safetensors({ x: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1),
      /dtype must be one of .* got F8_E4M3/,
    ],
    [
      'an inherited name as dtype',
      safetensors({ x: { dtype: 'toString', shape: [1], data_offsets: [0, 1] } }, 1),
      /got toString/,
    ],
    ['the same array twice', safetensors(`{"x": ${EMPTY}, "\\u0078": ${EMPTY}}`), /key 'x' twice/],
    [
      'metadata of numbers',
      safetensors({ __metadata__: { n: 3 } }),
      /__metadata__ must hold strings, got number at 'n'/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'evil.safetensors')).toThrow(/^evil\.safetensors: /)
    expect(() => decodeSafetensors(bytes, 'evil.safetensors')).toThrow(message)
  })

  it('keeps long metadata with quotes, braces and backslashes', () => {
    const metadata = { state: JSON.stringify({ a: '"{', b: '\\', c: 'x'.repeat(2_000_000) }), other: '}"' }
    expect(decodeSafetensors(encodeSafetensors({ x: ndarray([1]) }, metadata), 'f').metadata).toEqual(
      metadata,
    )
  })

  it('will not write an array under the name of the metadata', () => {
    expect(() => encodeSafetensors({ __metadata__: ndarray([1]) })).toThrow(
      /no array may be called __metadata__/,
    )
  })
})

describe('npz', () => {
  const one = encodeNpy(ndarray([1, 2, 3]))
  const bytesOf = (files: Record<string, Uint8Array>, level: 0 | 6 = 0) => zipSync(files, { level })
  const patched = (bytes: Uint8Array, change: (view: DataView, directory: number) => void): Uint8Array => {
    const copy = Uint8Array.from(bytes)
    const view = new DataView(copy.buffer)
    change(view, view.getUint32(copy.length - 6, true))
    return copy
  }
  const zeros = encodeNpz({ x: ndarray(new Float32Array(100_000)) })

  it.each([
    [
      'a path out of the folder',
      bytesOf({ '../x.npy': one }),
      /entry name "..\/x.npy" is not a plain relative name/,
    ],
    ['an absolute path', bytesOf({ '/etc/x.npy': one }), /entry name "\/etc\/x.npy"/],
    ['a backslash', bytesOf({ '..\\x.npy': one }), /is not a plain relative name/],
    ['a drive', bytesOf({ 'c:x.npy': one }), /is not a plain relative name/],
    ['a NUL in a name', bytesOf({ 'x\0.npy': one }), /is not a plain relative name/],
    ['a file that is no array', bytesOf({ 'x.txt': one }), /entry 'x.txt' is not a named .npy array/],
    ['an array that is damaged', bytesOf({ 'x.npy': one.subarray(0, 50) }), /field 'x': truncated/],
    [
      'a bomb',
      patched(zeros, (v, d) => v.setUint32(d + 24, 0xfffffff0, true)),
      /entry 'x.npy': claims 4294967280 bytes, which \d+ bytes in the file cannot hold/,
    ],
    [
      'more data than claimed',
      patched(zeros, (v, d) => v.setUint32(d + 24, 1000, true)),
      /claims 1000 bytes but does not inflate to as many/,
    ],
    [
      'less data than claimed',
      patched(zeros, (v, d) => v.setUint32(d + 24, 400_200, true)),
      /claims 400200 bytes but does not inflate to as many/,
    ],
    [
      'an unknown compression',
      patched(zeros, (v, d) => v.setUint16(d + 10, 12, true)),
      /compression method must be stored \(0\) or deflated \(8\), got 12/,
    ],
    ['an encrypted entry', patched(zeros, (v, d) => v.setUint16(d + 8, 1, true)), /is encrypted/],
    ['a wrong checksum', patched(zeros, (v, d) => v.setUint32(d + 16, 1, true)), /its checksum is wrong/],
    [
      'a ZIP64 size without its field',
      patched(zeros, (v, d) => v.setUint32(d + 24, 0xffffffff, true)),
      /entry 'x.npy': is in ZIP64, whose field is missing/,
    ],
    [
      'a ZIP64 directory without its record',
      patched(zeros, (v) => v.setUint32(v.byteLength - 6, 0xffffffff, true)),
      /is in ZIP64, whose end record is missing/,
    ],
    ['a wild offset', patched(zeros, (v, d) => v.setUint32(d + 42, 0xfffffff0, true)), /has no local header/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeNpz(bytes, 'evil.npz')).toThrow(/^evil\.npz: /)
    expect(() => decodeNpz(bytes, 'evil.npz')).toThrow(message)
  })

  it('refuses ZIP64 records that lie', () => {
    const good = readFileSync(new URL('./fixtures/numpy-zip64.npz', import.meta.url))
    const wide = (at: number, value: bigint): Uint8Array => {
      const copy = Uint8Array.from(good)
      const view = new DataView(copy.buffer)
      view.setBigUint64(at < 0 ? copy.length + at : at, value, true)
      return copy
    }
    // From the end: the plain record (22 bytes), the locator (20), the ZIP64 record (56), the directory.
    const [locator, record] = [-42, -98]
    for (const value of [0n, 1n << 40n, 1n << 60n, BigInt(good.length - 42)])
      expect(() => decodeNpz(wide(locator + 8, value), 'evil.npz')).toThrow(/^evil\.npz: .*(ZIP64|claims)/)
    for (const field of [4, 32, 40, 48])
      for (const value of [0n, 1n << 40n, 1n << 60n])
        expect(() => decodeNpz(wide(record + field, value), 'evil.npz')).toThrow(/^evil\.npz: /)
    const directory = Number(new DataView(good.buffer, good.byteOffset).getBigUint64(good.length - 50, true))
    for (const field of [0, 8]) {
      const size = directory + 46 + 'f4.npy'.length + 4 + field
      for (const value of [0n, 1n << 40n, 1n << 60n])
        expect(() => decodeNpz(wide(size, value), 'evil.npz')).toThrow(/^evil\.npz: entry 'f4\.npy'.*claims/)
    }
  })

  it('refuses a name twice and entries that share bytes', () => {
    const two = bytesOf({ 'a.npy': one, 'b.npy': one })
    const second = (view: DataView, directory: number) =>
      directory + 46 + view.getUint16(directory + 28, true) + view.getUint16(directory + 30, true)
    const twice = patched(two, (v, d) => v.setUint8(second(v, d) + 46, 'a'.charCodeAt(0)))
    expect(() => decodeNpz(twice, 'evil.npz')).toThrow(/evil.npz: entry 'a.npy' occurs twice/)
    const shared = patched(two, (v, d) => v.setUint32(second(v, d) + 42, 0, true))
    expect(() => decodeNpz(shared, 'evil.npz')).toThrow(/evil.npz: entries 'a.npy' and 'b.npy' overlap/)
  })
})

describe('png', () => {
  const grey = (data: Uint8Array | Uint16Array, width: number, depth: 1 | 2 | 4 | 8 | 16) =>
    encodeAnyPng({ width, height: 2, channels: 1, depth, data })

  it('reads 16, 4 and 1 bits', () => {
    expect(toNumbers(decodePng(grey(Uint16Array.of(0, 65535, 13107, 0), 2, 16), 'p'))).toEqual([
      0,
      1,
      Math.fround(0.2),
      0,
    ])
    expect(toNumbers(decodePng(grey(Uint8Array.of(0xf0, 0x30, 0x0f, 0xf0), 3, 4), 'p'))).toEqual([
      1,
      0,
      Math.fround(0.2),
      0,
      1,
      1,
    ])
    expect(toNumbers(decodePng(grey(Uint8Array.of(0b10100000, 0b01100000), 3, 1), 'p'))).toEqual([
      1, 0, 1, 0, 1, 1,
    ])
  })

  it('reads a palette, and an alpha channel only when it is opaque', () => {
    const palette = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
    ]
    const indexed = encodeAnyPng({
      width: 2,
      height: 1,
      channels: 1,
      depth: 8,
      data: Uint8Array.of(2, 0),
      palette,
    })
    expect(toNumbers(decodePng(indexed, 'p'))).toEqual([0, 1, 0, 0, 1, 0])
    const rgba = (alpha: number) =>
      encodeAnyPng({ width: 1, height: 1, channels: 4, data: Uint8Array.of(255, 0, 51, alpha) })
    expect(toNumbers(decodePng(rgba(255), 'p'))).toEqual([1, 0, Math.fround(0.2)])
    expect(() => decodePng(rgba(254), 'p.png')).toThrow(/p.png: pixel 0 is transparent/)
  })

  it('refuses a header that claims more than the data can be', () => {
    const bytes = encodePng(ndarray(new Float32Array(16), [4, 4]))
    new DataView(bytes.buffer).setUint32(16, 100_000)
    new DataView(bytes.buffer).setUint32(20, 100_000)
    expect(() => decodePng(bytes, 'evil.png')).toThrow(
      /evil.png: header claims 10000100000 bytes of pixels, which \d+ bytes cannot hold/,
    )
  })

  it('refuses interlacing, and will not write NaN or odd shapes', () => {
    const interlaced = encodeAnyPng(
      { width: 4, height: 4, channels: 1, data: new Uint8Array(16) },
      { interlace: 'Adam7' },
    )
    expect(() => decodePng(interlaced, 'p.png')).toThrow(/interlaced PNG is not supported/)
    expect(() => encodePng(ndarray([Number.NaN], [1, 1]))).toThrow(/NaN in channel 0 at pixel 0/)
    expect(() => encodePng(ndarray([1, 2], [2, 1, 1]))).toThrow(/got \[2,1,1\]/)
  })

  it('clips and rounds to the nearest of 256 levels', () => {
    expect(
      toNumbers(decodePng(encodePng(ndarray([-3, 7, 0.2, 0.4999], [2, 2])), 'p')).map((v) =>
        Math.round(255 * v),
      ),
    ).toEqual([0, 255, 51, 127])
  })
})

describe('files', () => {
  it('are chosen by extension, and a wrong one is named', () => {
    expect(() => readArrays('x.csv')).toThrow(
      /x.csv: extension must be one of .npy, .npz, .safetensors, .zarr, got '.csv'/,
    )
    expect(() => readArrays(join(folder, 'missing.npz'))).toThrow(expect.objectContaining({ code: 'input' }))
    expect(() => writeArrays(join(folder, 'x.npy'), {})).toThrow(/holds one array, got 0/)
    expect(() => writeArrays(join(folder, 'no', 'x.npz'), { x: ndarray([1]) })).toThrow(
      expect.objectContaining({ code: 'io' }),
    )
    expect(readdirSync(folder)).toEqual([])
  })

  it('come back from disk', () => {
    for (const name of ['x.npy', 'x.npz', 'x.safetensors']) {
      writeArrays(join(folder, name), { x: ndarray([1, 2, 3], [3, 1]) })
      expect(readArrays(join(folder, name)).x).toEqual(ndarray([1, 2, 3], [3, 1]))
      rmSync(join(folder, name))
    }
  })

  it('of images become one batch, sorted by name; sizes must agree', () => {
    const write = (name: string, value: number, shape: number[]) =>
      writeFileSync(
        join(folder, name),
        encodePng(ndarray(new Float32Array(shape[0] * shape[1]).fill(value), shape)),
      )
    expect(() => readImages(folder)).toThrow(/no .png or .jpg file in this folder/)
    write('b.png', 1, [2, 3])
    write('a.PNG', 0, [2, 3])
    writeFileSync(join(folder, 'notes.txt'), 'left out')
    const { images, names } = readImages(folder)
    expect(names).toEqual(['a.PNG', 'b.png'])
    expect(images.shape).toEqual([2, 1, 2, 3])
    expect(toNumbers(images)).toEqual([...Array(6).fill(0), ...Array(6).fill(1)])
    write('c.png', 1, [3, 2])
    expect(() => readImages(folder)).toThrow(/c.png: image of shape \[1,3,2\], but a.PNG has \[1,2,3\]/)
    writeFileSync(join(folder, 'd.gif'), '')
    expect(() => readImages(folder)).toThrow(/d.gif: images must be PNG or JPEG; convert it first/)
    expect(() => readImages(join(folder, 'missing'))).toThrow(/missing: cannot read/)
  })
})
