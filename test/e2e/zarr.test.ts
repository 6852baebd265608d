/** Commands on Zarr: what they make of it is, byte for byte, what they make of the same arrays of NumPy. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Arrays, readArrays, writeArrays } from '../../src/formats/index.ts'
import { ndarray, toNumbers } from '../../src/tensor/index.ts'
import { serve } from '../formats/zarr/server.ts'
import {
  bytesCodec,
  group,
  groupV3,
  inFolder,
  json,
  type Keys,
  sharded,
  v2,
  v3,
} from '../formats/zarr/writer.ts'
import { tweedie } from './built.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-zarr-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (...args: string[]): string => {
  const { status, stdout, stderr } = tweedie(args, { cwd: folder })
  expect(stderr).not.toMatch(/^tweedie:/m)
  expect(status).toBe(0)
  return stdout
}

const bytesOf = (file: string): Buffer => readFileSync(join(folder, file))

const elements: Readonly<Record<string, string>> = {
  float32: 'f4',
  float64: 'f8',
  uint8: 'u1',
  bool: 'b1',
  int32: 'i4',
  int64: 'i8',
}

/** Arrays as keys of a group, each in chunks of a third of its rows or so. */
const inChunks = (arrays: Arrays, write: (array: Parameters<typeof v3>[0]) => Keys): Record<string, Keys> =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const { shape, dtype } = array
      const chunks = shape.map((size, axis) => (axis === 0 ? Math.ceil(size / 3) : Math.ceil(size / 2)))
      return [name, write({ values: toNumbers(array), shape, chunks, element: elements[dtype] })]
    }),
  )

const gzipped = (array: Parameters<typeof v3>[0]): Keys =>
  v2({ ...array, pack: (bytes) => gzipSync(bytes) }, { compressor: { id: 'gzip', level: 1 } })

describe('commands on Zarr', () => {
  beforeAll(() => {
    run('observe', 'mnist', '--count', '20', '-o', 'set.npz', '--truth', 'x.npz')
    const set = readArrays(join(folder, 'set.npz'))
    const x = Object.values(readArrays(join(folder, 'x.npz')))[0]
    inFolder(join(folder, 'old.zarr'), group(inChunks(set, gzipped), { '.zgroup': json({ zarr_format: 2 }) }))
    inFolder(
      join(folder, 'new.zarr'),
      group(
        inChunks(set, (array) => v3(array)),
        groupV3,
      ),
    )
    const keys = sharded(
      { values: toNumbers(x), shape: x.shape, chunks: [2, 1, 14, 28], pack: (bytes) => gzipSync(bytes) },
      [8, 1, 28, 28],
      [bytesCodec, { name: 'gzip' }],
    )
    inFolder(join(folder, 'x.zarr'), keys)
    writeArrays(join(folder, 'x.npy'), { x })
    run('hold-out', 'set.npz', '--held', 'held.npz', '-o', 'given.npz')
  }, 60_000)

  it.each(['old.zarr', 'new.zarr'])('hold-out takes a set in %s', (set) => {
    run('hold-out', set, '--held', 'held-z.npz', '-o', 'given-z.npz')
    expect(bytesOf('given-z.npz')).toEqual(bytesOf('given.npz'))
    expect(bytesOf('held-z.npz')).toEqual(bytesOf('held.npz'))
  })

  it('observe takes clean data in a folder and from a server', async () => {
    const more = ['--keep', '0.5', '--seed', '3', '-o']
    run('observe', 'x.npy', ...more, 'of-npy.npz')
    run('observe', 'x.zarr', ...more, 'of-zarr.npz')
    run('observe', `${await serve(folder)}/x.zarr`, ...more, 'of-web.npz')
    expect(bytesOf('of-zarr.npz')).toEqual(bytesOf('of-npy.npz'))
    expect(bytesOf('of-web.npz')).toEqual(bytesOf('of-npy.npz'))
  })

  it('observe --observed takes measurements and masks', () => {
    const { x } = readArrays(join(folder, 'x.npy'))
    const seen = toNumbers(x).map((v) => Number(v < 0.5))
    writeArrays(join(folder, 'seen.npy'), { seen: ndarray(seen, x.shape, 'bool') })
    const array = { values: seen, shape: x.shape, chunks: [7, 1, 28, 28], element: 'b1' }
    inFolder(join(folder, 'more.zarr'), group({ seen: v3(array) }, groupV3))
    const more = ['--observed', '--noise', '0.05', '--mask']
    run('observe', 'x.npy', ...more, 'seen.npy', '-o', 'own.npz')
    run('observe', 'x.zarr', ...more, 'more.zarr/seen', '-o', 'own-z.npz')
    expect(bytesOf('own-z.npz')).toEqual(bytesOf('own.npz'))
  })

  it('info says what is in it', () => {
    const info = (path: string) => JSON.parse(run('info', path, '--json'))
    const [zarr, npz] = [info('new.zarr'), info('set.npz')]
    expect(zarr.kind).toBe('observations')
    const byName = ({ arrays }: { arrays: { name: string }[] }) =>
      [...arrays].sort((a, b) => a.name.localeCompare(b.name))
    expect(byName(zarr)).toEqual(byName(npz))
  })

  it('end with one line and exit code 2 where it is damaged or missing', async () => {
    inFolder(join(folder, 'bad.zarr'), {
      ...v3({ values: [1, 2], shape: [2, 1], chunks: [1, 1] }),
      'c/1/0': json(1),
    })
    const url = await serve(folder)
    for (const path of ['bad.zarr', 'none.zarr', `${url}/none.zarr`, `${url}/x.npy`, 's3://X']) {
      const { status, stderr } = tweedie(['observe', path, '-o', 'out.npz'], { cwd: folder })
      expect(stderr).toMatch(/^tweedie: [^\n]*(zarr|Zarr|such file)[^\n]*\n$/)
      expect(status).toBe(2)
    }
  })
})
