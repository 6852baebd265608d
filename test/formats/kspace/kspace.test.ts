import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { File, ready } from 'h5wasm/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TweedieError } from '../../../src/error.ts'
import { isKspace, openKspace, readKspace } from '../../../src/formats/index.ts'
import { multiCoilFourier } from '../../../src/operators/index.ts'
import { jit, ndarray, rows, type Tensor, toNumbers } from '../../../src/tensor/index.ts'
import { type KspaceFields, writeFastMriKspace } from '../../datasets/layouts.ts'

const fixture = (name: string) => join(import.meta.dirname, '../fixtures', `kspace-${name}.h5`)
const root = mkdtempSync(join(tmpdir(), 'tweedie-kspace-'))
afterAll(() => rmSync(root, { recursive: true }))
beforeAll(async () => void (await ready))

/** The raw data with some bytes replaced by as many; blanks fill up. */
const changed = ([from, to]: readonly [string, string]): string => {
  const bytes = readFileSync(fixture('ismrmrd'), 'latin1')
  expect(bytes.includes(from)).toBe(true)
  expect(to.length).toBeLessThanOrEqual(from.length)
  const path = join(root, 'changed.h5')
  writeFileSync(path, bytes.replaceAll(from, to.padEnd(from.length)), 'latin1')
  return path
}

const zeros = (count: number) => '\0'.repeat(count)

/** The beginning of the readouts of images, with some flags in their third byte: numbers 17 to 24. */
const flagged = (byte: string) => `\x01\0${zeros(2)}${byte}${zeros(5)}\xcd\xab`

/** Their number of samples, and their steps in and across the plane. */
const samples = (count: string) => `\xcd\xab${zeros(22)}${count}\0`
const steps = (line: string, partition: string) => `\0\0\x80\x40${zeros(60)}${line}\0${partition}\0`

const MATRICES =
  '<encodedSpace><matrixSize><x>8</x><y>6</y><z>1</z></matrixSize></encodedSpace>\n' +
  '    <reconSpace><matrixSize><x>4</x><y>5</y><z>1</z></matrixSize></reconSpace>'
const absurd = '<encodedSpace><matrixSize><x>99999999</x><y>9999999</y><z>1</z></matrixSize></encodedSpace>'

/** A file of fastMRI's layout. */
const fastMri = (name: string, fields: KspaceFields): string => {
  const path = join(root, name)
  writeFastMriKspace(path, fields)
  return path
}

describe('k-space of fastMRI', () => {
  it('of several coils has real parts first, and the mask of the file', async () => {
    const { kspace, mask, noiseCovariance } = await readKspace(fixture('multicoil'))
    expect([kspace.shape, mask]).toEqual([[2, 4, 4, 6], ndarray([1, 0, 1, 1, 0, 1], [1, 1, 1, 6])])
    expect(noiseCovariance).toBeUndefined()
    const expected = Float32Array.from({ length: 192 }, (_, at) => {
      const [n, channel, p] = [Math.floor(at / 96), Math.floor(at / 24) % 4, at % 24]
      const k = 48 * n + 24 * (channel % 2) + p
      if ([1, 4].includes(p % 6)) return 0
      return channel < 2 ? k + 1 : -k - 0.5
    })
    expect(kspace.data).toEqual(expected)
  })

  it('of one coil, compressed, in double precision, tells its mask by its zeros', async () => {
    const { kspace, mask } = await readKspace(fixture('singlecoil'))
    const { kspace: several } = await readKspace(fixture('multicoil'))
    expect([kspace.shape, mask]).toEqual([[2, 2, 4, 6], ndarray([1, 0, 1, 1, 0, 1], [1, 1, 1, 6])])
    expect(kspace.data.slice(0, 48)).toEqual(
      Float32Array.of(...several.data.slice(0, 24), ...several.data.slice(48, 72)),
    )
  })

  it("is that of NumPy's transform and of our operator: the adjoint gives the image back", async () => {
    const { kspace, mask } = await readKspace(fixture('image'))
    const size = 30
    const maps = [0.6, 0, 0, 0.8].flatMap((s) => new Array<number>(size).fill(s))
    const adjoint = jit((y: Tensor, m: Tensor, s: Tensor) => multiCoilFourier(m, s, [1, 5, 6]).adjoint(y))
    const x = toNumbers(await adjoint(kspace, mask, ndarray(maps, [1, 4, 5, 6])))
    await adjoint.release()
    x.forEach((value, p) => {
      expect(value).toBeCloseTo((5 * Math.floor(p / 6) + (p % 6)) % 7, 4)
    })
  })

  it('of folders comes file after file, and reading stops where there is enough', async () => {
    const folder = join(root, 'scans')
    mkdirSync(folder)
    copyFileSync(fixture('multicoil'), join(folder, 'b.h5'))
    copyFileSync(fixture('multicoil'), join(folder, 'a.h5'))
    writeFileSync(join(folder, 'notes.txt'), 'first')
    expect((await readKspace(folder)).kspace.shape).toEqual([4, 4, 4, 6])
    expect((await readKspace(folder, 3)).kspace.shape).toEqual([3, 4, 4, 6])
    expect(isKspace(folder)).toBe(true)
    copyFileSync(fixture('singlecoil'), join(folder, 'c.h5'))
    await expect(readKspace(folder)).rejects.toThrow(
      /c\.h5: has 1 coils and 4×6 samples, but a\.h5 has 2 coils and 4×6 samples; all must agree$/,
    )
  })

  it('has masks that differ between slices and rows where they do, and is zero outside them', async () => {
    const values = [1, 0, 2, 3, 0, 4, 5, 6]
    const rows = await readKspace(fastMri('rows.h5', { shape: [1, 1, 4, 2], values }))
    expect(rows.mask).toEqual(ndarray([1, 0, 1, 1, 0, 1, 1, 1], [1, 1, 4, 2]))
    const slices = await readKspace(
      fastMri('slices.h5', { shape: [2, 1, 2, 2], values: [1, 0, 2, 0, 0, 4, 0, 6] }),
    )
    expect(slices.mask).toEqual(ndarray([1, 0, 0, 1], [2, 1, 1, 2]))
    const masked = await readKspace(fastMri('masked.h5', { shape: [2, 2, 2], mask: [0, 1] }))
    expect(masked.mask).toEqual(ndarray([0, 1], [1, 1, 1, 2]))
    expect(masked.kspace.data).toEqual(Float32Array.of(0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0))
  })

  it.each<[string, string, string, number]>([
    ['their fields of view', '<x>8</x>', '<x>300</x>|<x>150</x>|<x>6</x>', 4],
    ['no oversampling', '<x>8</x>', '<x>300</x>|<x>300</x>|<x>8</x>', 8],
    ['finer pixels than were measured', '<x>8</x>', '<x>300</x>|<x>300</x>|<x>16</x>', 8],
    ['their matrices alone', '<x>8</x>', '||<x>6</x>', 6],
    ['another encoding', '<x>16</x>', '<x>300</x>|<x>150</x>|<x>8</x>', 8],
    ['no view of the image', '<x>8</x>', '<x>300</x>||', 8],
    ['a view of nothing', '<x>8</x>', '<x>0</x>|<x>0</x>|<x>-4</x>', 8],
  ])('says the rows of the image by its header: %s', async (_, matrix, rest, rows) => {
    const [encodedView, view, imageMatrix] = rest.split('|')
    const space = (name: string, size: string, field: string) =>
      `<${name}><matrixSize>${size}</matrixSize><fieldOfView_mm>${field}</fieldOfView_mm></${name}>`
    const spaces = space('encodedSpace', matrix, encodedView) + space('reconSpace', imageMatrix, view)
    const header = `<ismrmrdHeader><encoding>${spaces}</encoding></ismrmrdHeader>`
    const scan = await readKspace(fastMri('header.h5', { shape: [1, 8, 2], header }))
    expect([scan.kspace.shape, scan.rows]).toEqual([[1, 2, 8, 2], rows])
  })

  it('that is none says so in one line', async () => {
    const read = (fields: KspaceFields) => readKspace(fastMri('wrong.h5', fields))
    await expect(read({ shape: [4, 4] })).rejects.toThrow(
      /wrong\.h5: dataset 'kspace' must be \[slices, coils, H, W\] or \[slices, H, W\], got \[4,4\]$/,
    )
    await expect(read({ shape: [1, 2, 2], values: [1, Number.NaN, 1, 1] })).rejects.toThrow(
      /wrong\.h5: k-space is not finite in image 0$/,
    )
    await expect(read({ shape: [1, 2, 2], values: [0, 0, 0, 0] })).rejects.toThrow(/zero everywhere/)
    await expect(read({ shape: [1, 2, 2], mask: [1] })).rejects.toThrow(
      /'mask' must be 2 numbers 0 or 1, got \[1\]$/,
    )
    await expect(read({ shape: [1, 2, 2], mask: [1, 2] })).rejects.toThrow(
      /'mask' must be 2 numbers 0 or 1, got 2$/,
    )
    const file = new File(join(root, 'real.h5'), 'w')
    file.create_dataset({ name: 'kspace', data: new Float32Array(8), shape: [2, 2, 2] })
    file.close()
    await expect(readKspace(join(root, 'real.h5'))).rejects.toThrow(
      /real\.h5: dataset 'kspace' must have dtype complex64 or complex128$/,
    )
    const other = new File(join(root, 'other.h5'), 'w')
    other.create_dataset({ name: 'images', data: new Float32Array(8) })
    other.close()
    await expect(readKspace(join(root, 'other.h5'))).rejects.toThrow(
      /other\.h5: holds neither 'kspace' \(fastMRI\) nor .* 'data' and 'xml' \(ISMRMRD\), but images$/,
    )
    mkdirSync(join(root, 'empty'))
    await expect(readKspace(join(root, 'empty'))).rejects.toThrow(/empty: no \.h5 file in this folder$/)
    await expect(readKspace(join(root, 'nowhere'))).rejects.toThrow(/nowhere: cannot read: no such file/)
  })
})

describe('raw data of ISMRMRD', () => {
  it('become columns of k-space, by slice, around the centres of the header', async () => {
    const { kspace, mask } = await readKspace(fixture('ismrmrd'))
    expect([kspace.shape, mask.shape]).toEqual([
      [2, 4, 8, 6],
      [2, 1, 8, 6],
    ])
    // step s lies in column s − 2 + 3; step 4 of slice 0 lacks its first two samples
    const measured = [
      [0, 2, 4],
      [0, 4],
    ]
    kspace.data.forEach((value, at) => {
      const [n, channel, t, column] = [
        Math.floor(at / 192),
        Math.floor(at / 48) % 4,
        Math.floor(at / 6) % 8,
        at % 6,
      ]
      const step = column - 1
      const isMeasured = measured[n].includes(step) && !(n === 0 && step === 4 && t < 2)
      const expected = channel < 2 ? 100 * n + 10 * channel + t + 1 : step + 1
      expect(value, `image ${n}, channel ${channel}, row ${t}, column ${column}`).toBe(
        isMeasured ? expected : 0,
      )
      if (channel === 0) expect(mask.data[(n * 8 + t) * 6 + column]).toBe(isMeasured ? 1 : 0)
    })
    expect((await readKspace(fixture('ismrmrd'))).rows).toBe(4)
    expect((await readKspace(fixture('ismrmrd'), 1)).kspace.shape).toEqual([1, 4, 8, 6])
  })

  it('of several files come by rows as they come whole, whichever were read last', async () => {
    const folder = join(root, 'several')
    mkdirSync(folder)
    for (const name of ['a.h5', 'b.h5', 'c.h5']) copyFileSync(fixture('ismrmrd'), join(folder, name))
    const whole = await readKspace(folder)
    const { kspace, mask } = await openKspace(folder)
    for (const [from, to] of [
      [1, 3],
      [4, 6],
      [0, 1],
      [3, 5],
    ]) {
      expect(kspace.rows(from, to)).toEqual(rows(whole.kspace, from, to))
      expect(mask.rows(from, to)).toEqual(rows(whole.mask, from, to))
    }
    const part = await openKspace(folder, { most: 3 })
    expect([part.kspace.shape[0], part.kspace.rows(2, 3)]).toEqual([3, rows(whole.kspace, 2, 3)])
    const signal = AbortSignal.abort('SIGINT')
    await expect(openKspace(folder, { signal })).rejects.toMatchObject({ code: 'interrupted' })
  })

  it('have the noise covariance of the noise scan, at the bandwidth of the images', async () => {
    // n = (1, i, −1, −i), (2i, −2, −2, 2i): Σ₁₂ = E[n₁ n₂*] = −i; the factor is (2 µs / 4 µs) / 0.5 = 1
    const covariance = [1, 0, 0, -1, 0, 1, 4, 0]
    expect((await readKspace(fixture('ismrmrd'))).noiseCovariance).toEqual(ndarray(covariance, [2, 2, 2]))
    const narrow = changed(['Bandwidth>0.5<', 'Bandwidth>.25<'])
    expect((await readKspace(narrow)).noiseCovariance).toEqual(
      ndarray(
        covariance.map((v) => 2 * v),
        [2, 2, 2],
      ),
    )
  })

  it.each<[string, readonly [string, string], RegExp]>([
    ['spirals', ['>cartesian<', '>spiral   <'], /'trajectory' must be cartesian, got spiral; grid/],
    [
      'volumes',
      ['<z>1</z></matrixSize></enc', '<z>4</z></matrixSize></enc'],
      /matrixSize\.z' must be 1, got 4/,
    ],
    ['an empty matrix', ['<x>8</x>', '<x>0</x>'], /matrixSize' must be three positive integers, got 0,6,1$/],
    ['no matrix', ['encodedSpace', 'encodedspace'], /matrixSize' must be .*, got NaN,NaN,NaN$/],
    ['an absurd matrix', [MATRICES, absurd], /has 38 samples of 2 coils, too few for \d+ places of k-space$/],
    ['long readouts', ['<x>8</x>', '<x>6</x>'], /a readout of 8 samples leaves 6 rows$/],
    ['lines outside', ['<y>6</y>', '<y>3</y>'], /line 0 leaves the 3 columns of k-space$/],
    [
      'EPI',
      [flagged('\0'), flagged('\x20')],
      /has reversed readouts \(EPI\), which need a correction first$/,
    ],
    ['navigators alone', [flagged('\0'), flagged('\x40')], /holds no readout of an image$/],
    [
      'samples that are not there',
      [samples('\x08'), samples('\x09')],
      /readout 2 of 2 coils × 9 samples has 32 numb/,
    ],
    ['a line twice', [steps('\x02', '\0'), steps('\0', '\0')], /column 1 of an image was measured twice$/],
    ['a third dimension', [steps('\x02', '\0'), steps('\x02', '\x01')], /has steps of a third dimension/],
  ])('say what is wrong: %s', async (_, change, message) => {
    const error = await readKspace(changed(change)).catch((fault: unknown) => fault)
    expect(error).toBeInstanceOf(TweedieError)
    expect(error).toMatchObject({ code: 'input', message: expect.stringMatching(message) })
  })
})

describe.each(['multicoil', 'ismrmrd'])('damage of a file: %s', (name) => {
  const whole = readFileSync(fixture(name))
  const outcome = async (bytes: Uint8Array) => {
    const path = join(root, 'damaged.h5')
    writeFileSync(path, bytes)
    try {
      return await readKspace(path)
    } catch (error) {
      if (!(error instanceof TweedieError)) throw error
      expect(error.message.startsWith(`${path}: `)).toBe(true)
      expect(error.message).not.toContain('\n')
      return error
    }
  }

  it('refuses truncations', async () => {
    for (let length = 0; length < whole.length; length += 97)
      expect(await outcome(whole.subarray(0, length)), `${length} bytes`).toBeInstanceOf(TweedieError)
  })

  it('meets flipped bits with an error of its own, or with arrays that the file can hold', async () => {
    for (let at = 0; at < whole.length; at += 19) {
      const result = await outcome(Uint8Array.from(whole).with(at, whole[at] ^ (1 << (at % 8))))
      if (!(result instanceof TweedieError))
        expect(result.kspace.size).toBeLessThanOrEqual(256 * whole.length)
    }
  })
})
