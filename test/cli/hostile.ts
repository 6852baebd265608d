/**
 * What hostile tests are made of: files that say anything, commands that take them, and what has to come of
 * it.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { encodeNpy, encodeNpz, encodePng } from '../../src/formats/index.ts'
import { full, type NdArray, ndarray, scalar } from '../../src/tensor/ndarray.ts'
import { startTweedie } from '../e2e/built.ts'

export const N = 6
export const values = (shape: number[], value = 0.5) => full(shape, value)
export const y = values([N, 1, 8, 8])
export const mask = full([N, 1, 8, 8], 1, 'uint8')
export const noise = scalar(0.05, 'float64')

export const withElement = (array: NdArray, at: number, value: number): NdArray<'float32'> => {
  const changed = ndarray(Array.from(array.data, Number), array.shape)
  changed.data[at] = value
  return changed
}

/** A .npy file whose header says anything. */
export const npyWith = (header: string, data = 0): Uint8Array => {
  const bytes = new Uint8Array(10 + header.length + data)
  bytes.set([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 0xff, header.length >> 8])
  bytes.set(Buffer.from(header), 10)
  return bytes
}

/** A .safetensors file whose header says anything, and whose length says even more. */
export const safetensorsWith = (header: object, length?: bigint): Uint8Array => {
  const json = Buffer.from(JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length)
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

export const HUGE = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }\n"
export const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length / 2)
export const png = (value: number, size = 8) => encodePng(values([1, size, size], value))

export const tiny = `
net: { kind: unet, channels: [4, 4], blocks: [1, 1], emb: 8 }
gaussian: { rank: 2, iterations: 1 }
em: { laps: 1, sampling: { steps: 2 } }
train: { steps: 2, batch: 4 }
monitor: { samples: 0 }
`

export type Files = Readonly<Record<string, Uint8Array | string>>

export interface Case {
  readonly name: string
  readonly files?: Files
  readonly args: readonly string[]
  readonly says: RegExp
}

const pack = ['--observed', '--mask', 'mask.npy', '--noise', '0.05', '-o', 'out.npz']
export const observe = ['observe', 'y.npy', ...pack]
export const own = (files: Files): Files => ({ 'y.npy': encodeNpy(y), 'mask.npy': encodeNpy(mask), ...files })
export const learn = (observations: string, ...more: string[]) => [
  'learn',
  'config.yaml',
  `data.observations=${observations}`,
  '-o',
  'run',
  ...more,
]
export const set = (arrays: Record<string, NdArray>) => encodeNpz({ y, mask, noise, ...arrays })
export const good = { 'set.npz': set({}) }

/** Folders of concurrent tests, which know no hooks of their own. */
const home = mkdtempSync(join(tmpdir(), 'tweedie-hostile-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
export const freshFolder = (): string => mkdtempSync(join(home, 'case-'))

export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()

/** Each case: one line on stderr, code 2, and the folder as it was. `more` are files that all cases find. */
export const eachCase = (cases: readonly Case[], more: () => Files = () => ({})): void => {
  it.each(cases)('$name', async ({ files = {}, args, says }) => {
    const folder = freshFolder()
    for (const [name, content] of Object.entries({ 'config.yaml': tiny, ...more(), ...files })) {
      const path = join(folder, name)
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(path, content)
    }
    const before = filesIn(folder)
    const work = startTweedie(args, { cwd: folder })
    const ended = await work.ended
    expect(work.stderr()).toMatch(/^tweedie: [^\n]+\n$/)
    expect(work.stderr().slice('tweedie: '.length).trimEnd()).toMatch(says)
    expect([ended, work.stdout()]).toEqual([2, ''])
    expect(filesIn(folder)).toEqual(before)
  })
}
