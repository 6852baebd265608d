/** `tweedie observe --observed` part by part: the same file as at once, and what goes wrong late. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { File, ready } from 'h5wasm/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OptionsOf } from '../../../src/cli/commands.ts'
import { type Io, makeIo } from '../../../src/cli/io.ts'
import { type OwnParts, observeOwn } from '../../../src/cli/own/observe-own.ts'
import { makeProgram } from '../../../src/cli/program.ts'
import { encodeNpz, encodePng, writeArrays } from '../../../src/formats/index.ts'
import {
  countOf,
  isInMemory,
  type Observations,
  readObservations,
  wholeSet,
} from '../../../src/observations/index.ts'
import { coilSensitivities } from '../../../src/operators/index.ts'
import { bernoulli, normal, stream, uniform } from '../../../src/random/index.ts'
import { full, NdArray, ndarray, reshaped, rows, zeros } from '../../../src/tensor/index.ts'
import { inFolder, v3 } from '../../formats/zarr/writer.ts'
import { withElement } from '../hostile.ts'
import { complexNpy, pairsOf } from './own-arrays.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-own-parts-'))
const at = (name: string): string => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(async () => void (await ready))

type Options = OptionsOf<'observe'>
const notes: string[] = []
const quiet: Io = {
  ...makeIo(process, { quiet: true }, new AbortController().signal),
  note: (t) => void notes.push(t),
}

/** Runs a line in the folder, with so much in memory. */
const observe = async (line: string, output: string, parts: OwnParts, io = quiet): Promise<Observations> => {
  const words = line
    .split(' ')
    .map((word) =>
      word.replace(/(^|=)([\w-]+(\.(npy|npz|safetensors|h5|zarr)|\/))$/, (_, key, file) => key + at(file)),
    )
  let made: Observations | undefined
  const program = makeProgram('0', async (_, [source, ...args], options) => {
    made = await observeOwn(source, args, options as Options, io, parts)
  })
  await program.parseAsync(['node', 'tweedie', 'observe', ...words, '--observed', '-o', at(output)])
  if (!made) throw new Error('nothing was made')
  return made
}

const N = 11
const [H, W, K] = [16, 12, 3]
const y = uniform(stream(0, 'y'), [N, 1, H, W])
const mask = bernoulli(stream(0, 'mask'), 0.7, [N, 1, H, W])
const columns = bernoulli(stream(0, 'columns'), 0.6, [N, 1, 1, W])
for (let n = 0; n < N; n++) columns.data.fill(1, n * W + 1, n * W + 11) // a full centre
const kspace = normal(stream(0, 'kspace'), [N, 2 * K, H, W])
const one = normal(stream(1, 'kspace'), [N, 2, H, W])
const series = normal(stream(0, 'series'), [N, 2, 6])
const times = ndarray(
  Array.from({ length: N * 6 }, (_, i) => (i % 6) + (i % 6 > 3 ? 2 : 0) + Math.floor(i / 6) / 4),
  [N, 6],
)
const std = uniform(stream(0, 'std'), [N])
const save = (name: string, array: NdArray): void => writeArrays(at(name), { array })
const saveComplex = (name: string, pairs: NdArray<'float32'>): void =>
  writeFileSync(at(name), complexNpy(pairs))

const saveImages = (name: string, images: NdArray<'float32'>): void => {
  mkdirSync(at(name), { recursive: true })
  for (let n = 0; n < images.shape[0]; n++)
    writeFileSync(
      at(`${name}/${String(n).padStart(2, '0')}.png`),
      encodePng(reshaped(rows(images, n, n + 1), [H, W])),
    )
}

/** A file of fastMRI's layout, of k-space of one coil. */
const saveScan = (name: string, values: NdArray<'float32'>): void => {
  const [count, , h, w] = values.shape
  const part = (of: number) =>
    Float32Array.from(
      { length: count * h * w },
      (_, i) => values.data[(2 * Math.floor(i / h / w) + of) * h * w + (i % (h * w))],
    )
  const file = new File(at(name), 'w')
  const data = new Map([
    ['r', part(0)],
    ['i', part(1)],
  ])
  file.create_dataset({ name: 'kspace', data, shape: [count, h, w] })
  file.close()
}

beforeAll(() => {
  save('y.npy', y)
  save('y.safetensors', y)
  writeFileSync(at('y.npz'), encodeNpz({ y }))
  writeFileSync(at('stored.npz'), encodeNpz({ y }, { level: 0 }))
  save('mask.npy', mask)
  inFolder(at('y.zarr'), v3({ values: [...y.data], shape: y.shape, chunks: [4, 1, H, W] }))
  save('std.npy', std)
  save('each.npy', uniform(stream(1, 'std'), [N, H, W]))
  save('columns.npy', columns)
  saveComplex('kspace.npy', pairsOf(kspace))
  saveComplex('one.npy', pairsOf(one))
  save('maps.npy', coilSensitivities(K, { height: H, width: W }))
  save('matrix.npy', normal(stream(0, 'A'), [N, 4, 6]))
  save('vectors.npy', normal(stream(0, 'v'), [N, 4]))
  save('cov.npy', ndarray([4, 1, 0, 0, 1, 3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1], [4, 4]))
  save('series.npy', series)
  save('times.npy', times)
  save('seen.npy', bernoulli(stream(0, 'seen'), 0.8, [N, 2, 6]))
  save('domain.npy', full([6], 1))
  saveImages('damaged', y)
  saveImages('masks', mask)
  mkdirSync(at('scans'))
  saveScan('scans/a.h5', rows(one, 0, 5))
  saveScan('scans/b.h5', rows(one, 5, N))
})

describe.each([
  ['masked images', 'y.npy --mask mask.npy --noise 0.05'],
  ['images of a .npz', 'y.npz --mask mask.npy --noise 0.05'],
  ['images of a stored .npz', 'stored.npz --mask mask.npy --noise 0.05'],
  ['images of a .safetensors', 'y.safetensors --mask mask.npy --noise 0.05'],
  ['images of a Zarr array', 'y.zarr --mask mask.npy --noise 0.05'],
  ['noise of each observation', 'y.npy --mask mask.npy --noise std.npy'],
  ['noise of each entry', 'y.npy --operator identity --noise each.npy'],
  ['noise that is unknown', 'y.npy --mask mask.npy --noise unknown'],
  [
    'complex k-space with masks of its own',
    'one.npy --operator fourier mask=columns.npy --noise 0.05 --range=-9,9',
  ],
  ['coils with maps', 'kspace.npy --operator coils mask=columns.npy maps=maps.npy --noise 0.05 --range=-9,9'],
  [
    'coils whose maps are estimated',
    'kspace.npy --operator coils mask=columns.npy maps=estimate --noise 0.05 --range=-9,9',
  ],
  [
    'vectors that are whitened',
    'vectors.npy --operator projection matrix=matrix.npy --noise-covariance cov.npy --range=-9,9',
  ],
  [
    'series at times of their own',
    'series.npy --view signal --times times.npy --mask seen.npy --noise 0.1 --range=-4,4',
  ],
  ['series with a domain', 'series.npy --view signal --domain domain.npy --noise 0.1 --range=-4,4'],
  ['a folder of images', 'damaged/ --mask masks/ --noise 0.05'],
  ['a folder of images with an operator', 'damaged/ --operator identity --noise 0.05'],
  ["a scanner's files", 'scans/ --noise 0.05 --range=-9,9'],
])('%s', (_, line) => {
  it.each([2, 3, 5])('has the same bytes in parts of %i', async (each) => {
    const whole = await observe(line, 'whole.safetensors', {})
    const rowBytes = (4 * wholeSet(whole).y.size) / N
    // parts are at least of two: of what a row has beside y there may be more
    const parts = await observe(line, 'parts.safetensors', { whole: 0, part: each * rowBytes * 2 })
    expect([countOf(parts), isInMemory(parts)]).toEqual([N, false])
    expect(readFileSync(at('parts.safetensors')).equals(readFileSync(at('whole.safetensors')))).toBe(true)
  })

  it('has the rows of the whole where some are asked for', async () => {
    const all = wholeSet(await observe(line, 'whole.safetensors', {}))
    const some = wholeSet(await observe(`${line} --skip 3 --count 6`, 'some.npz', { whole: 0, part: 1 }))
    expect(some.y).toEqual(rows(all.y, 3, 9))
    const { parameters } = some.operator
    for (const [name, array] of Object.entries(all.operator.parameters))
      expect(parameters[name]).toEqual(array.shape[0] === N ? rows(array, 3, 9) : array)
  })
})

describe('what goes wrong late', () => {
  const late = { whole: 0, part: 1 } // two observations at a time
  const nan = (array: NdArray<'float32'>, row: number): NdArray<'float32'> =>
    withElement(array, (row * array.size) / array.shape[0] + 1, Number.NaN)
  const cases: readonly (readonly [string, string, () => void, RegExp])[] = [
    [
      'NaN in y',
      'bad.npy --mask mask.npy --noise 0.05',
      () => save('bad.npy', nan(y, 9)),
      /bad\.npy: field 'y' has 1 values that are NaN or infinite, the first at \[9, 0, 0, 1\]/,
    ],
    [
      'NaN in series',
      'bad.npy --view signal --noise 0.1 --range=-4,4',
      () => save('bad.npy', nan(series, 10)),
      /field 'y' has 1 values that are NaN or infinite, the first at \[10, 0, 1\]/,
    ],
    [
      'a mask of grey',
      'y.npy --mask bad.npy --noise 0.05',
      () => save('bad.npy', withElement(mask, 8 * H * W, 0.5)),
      /field 'mask' must be 0 or 1 \(1 = observed\), got 0\.5 at \[8, 0, 0, 0\]/,
    ],
    [
      'noise of 0',
      'y.npy --operator identity --noise bad.npy',
      () => save('bad.npy', withElement(std, 7, 0)),
      /field 'noise' must be a positive standard deviation in units of y, got 0 at \[7, 0, 0, 0\]/,
    ],
    [
      'too few lines of coils',
      'kspace.npy --operator coils mask=bad.npy maps=estimate --noise 0.05 --range=-9,9',
      () => {
        const few = new NdArray('float32', columns.shape, columns.data.slice())
        few.data.fill(0, 9 * W, 9 * W + 5)
        save('bad.npy', few)
      },
      /the fully sampled centre of k-space 9 has/,
    ],
    [
      'more masks than observations',
      'y.npy --mask bad.npy --noise 0.05',
      () => save('bad.npy', full([N + 1, 1, H, W], 1)),
      /field 'mask' must have the shape \[1\|11, 1, 16, 12\], got \[12,1,16,12\]/,
    ],
    [
      'fewer masks than observations',
      'series.npy --view signal --mask bad.npy --noise 0.1 --range=-4,4',
      () => save('bad.npy', full([N - 1, 2, 6], 1)),
      /field 'mask' must have the shape of y, \[11,2,6\] or \[11,1,6\], got \[10,2,6\]/,
    ],
    [
      'fewer masks than series with times',
      'series.npy --view signal --times times.npy --mask bad.npy --noise 0.1 --range=-4,4',
      () => save('bad.npy', full([N - 1, 2, 6], 1)),
      /field 'mask' must have the shape of y, \[11,2,6\]/,
    ],
    [
      'times that fall late',
      'series.npy --view signal --times bad.npy --noise 0.1 --range=-4,4',
      () => save('bad.npy', withElement(times, 9 * 6 + 3, 0)),
      /times: must rise along each series/,
    ],
    [
      'a file that ends early',
      'bad.npy --mask mask.npy --noise 0.05',
      () => writeFileSync(at('bad.npy'), readFileSync(at('y.npy')).subarray(0, -8)),
      /bad\.npy: truncated: shape \[11,1,16,12\] of f4 needs 8448 bytes of data, the file has 8440/,
    ],
    [
      'flipped bits of a stored .npz',
      'bad.npz --mask mask.npy --noise 0.05',
      () => {
        const bytes = encodeNpz({ y }, { level: 0 })
        bytes[bytes.length - 400] ^= 4
        writeFileSync(at('bad.npz'), bytes)
      },
      /bad\.npz: entry 'y\.npy': its checksum is wrong/,
    ],
    [
      'a picture that ends early',
      'bad/ --mask masks/ --noise 0.05',
      () => {
        saveImages('bad', y)
        writeFileSync(at('bad/09.png'), readFileSync(at('bad/09.png')).subarray(0, 60))
      },
      /bad\/09\.png: /,
    ],
    [
      'a picture without a mask',
      'damaged/ --mask fewer/ --noise 0.05',
      () => saveImages('fewer', rows(mask, 0, N - 1)),
      /fewer\/10\.png: missing; images and masks need the same names/,
    ],
    [
      'a mask of a picture in grey',
      'damaged/ --mask grey/ --noise 0.05',
      () => saveImages('grey', withElement(mask, 9 * H * W, 0.5)),
      /field 'mask' must be 0 or 1 \(1 = observed\), got 0\.5\d* at \[9, 0, 0, 0\]/,
    ],
    [
      'NaN in k-space of a scanner',
      'bad.h5 --noise 0.05 --range=-9,9',
      () => saveScan('bad.h5', nan(one, 9)),
      /bad\.h5: k-space is not finite in image 9/,
    ],
  ]
  it.each(cases)('%s', async (_, line, files, message) => {
    files()
    await expect(observe(line, 'never.npz', late)).rejects.toThrow(message)
    expect(readdirSync(folder).filter((name) => name.includes('never'))).toEqual([])
  })

  it.each(['y.npy --mask mask.npy --noise 0.05', 'scans/ --noise 0.05 --range=-9,9'])(
    'an interruption leaves nothing behind: %s',
    async (line) => {
      const controller = new AbortController()
      const seen: number[] = []
      const progress: Io['progress'] = ({ phase, done, total }) => {
        if (phase !== 'packing observations') return
        expect(total).toBe(N)
        seen.push(done)
        if (done >= 4) controller.abort('SIGINT')
      }
      const io: Io = { ...quiet, signal: controller.signal, progress }
      const work = observe(line, 'never.npz', late, io)
      await expect(work).rejects.toMatchObject({ code: 'interrupted' })
      expect(seen).toEqual([0, 2, 4])
      expect(readdirSync(folder).filter((name) => name.includes('never'))).toEqual([])
    },
  )

  it('leaves the file that was there', async () => {
    writeFileSync(at('kept.npz'), 'before')
    save('bad.npy', nan(y, 9))
    await expect(observe('bad.npy --mask mask.npy --noise 0.05', 'kept.npz', late)).rejects.toThrow(/NaN/)
    expect(readFileSync(at('kept.npz'), 'utf8')).toBe('before')
  })
})

describe('what is said of all', () => {
  it('is the same in parts: the noise, and doubts of it', async () => {
    const flat = zeros([40, 1, H, W])
    flat.data.set(normal(stream(0, 'flat'), [40, 1, H, W]).data.map((z) => 0.5 + 0.1 * z))
    save('flat.npy', flat)
    const said = async (noise: string, parts: OwnParts) => {
      notes.length = 0
      const { noise: level } = await observe(
        `flat.npy --operator identity --noise ${noise}`,
        'said.npz',
        parts,
      )
      return [level, ...notes]
    }
    expect(await said('unknown', { whole: 0, part: 1 })).toEqual(await said('unknown', {}))
    expect(await said('0.5', { whole: 0, part: 1 })).toEqual(await said('0.5', {}))
    expect((await said('0.5', {}))[1]).toMatch(/^noise: 0.5 is too large/)
    expect(existsSync(at('said.npz'))).toBe(true)
    expect(readObservations(at('said.npz')).noise).toBe(0.5)
  })
})
