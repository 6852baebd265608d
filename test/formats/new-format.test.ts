/** A format of arrays is one file and one line in the list: everything else finds it there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { jsonSchemaOf } from '../../src/cli/config/config.ts'
import { experimentSchema } from '../../src/cli/config/schema.ts'
import { checkedOutput } from '../../src/cli/output.ts'
import { moreHelp } from '../../src/cli/program.ts'
import { readClean } from '../../src/datasets/index.ts'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import { observe, readObservations, writeObservations } from '../../src/observations/index.ts'
import { ndarray } from '../../src/tensor/index.ts'
import { formats } from '../contract/lists/formats.ts'

vi.mock(import('../../src/formats/array-formats.ts'), async (original) => {
  const { decodeNpz, encodeNpz } = await import('../../src/formats/npz.ts')
  const { arrayFormats, ...others } = await original()
  /** The file of the new format: the bytes of a `.npz`, last one first. */
  const mirroredFormat: (typeof arrayFormats)[string] = {
    several: true,
    decode: (bytes, path) => decodeNpz(bytes.toReversed(), path),
    encode: (arrays) => encodeNpz(arrays).toReversed(),
  }
  return { ...others, arrayFormats: { ...arrayFormats, '.zpn': mirroredFormat } } // its line in the list
})

const folder = mkdtempSync(join(tmpdir(), 'tweedie-new-format-'))
const at = (file: string): string => join(folder, file)
afterAll(() => rmSync(folder, { recursive: true }))

describe('a new format', () => {
  it('is read and written, by its extension', () => {
    const arrays = { a: ndarray([1, 2, 3]), b: ndarray([4], [1, 1]) }
    writeArrays(at('arrays.zpn'), arrays)
    expect(readArrays(at('arrays.zpn'))).toEqual(arrays)
    expect(() => readArrays('arrays.abc')).toThrow('one of .npy, .npz, .safetensors, .zpn')
  })

  it('holds clean data and observation sets, and what commands write', async () => {
    const x = ndarray([0, 0.5, 1, 0.25], [1, 1, 2, 2])
    writeArrays(at('clean.zpn'), { x })
    expect((await readClean(at('clean.zpn'))).x).toEqual(x)
    const set = await observe(x, { operator: { name: 'mask', settings: { keep: 0.5 } }, noise: 0.1, seed: 0 })
    writeObservations(at('set.zpn'), set)
    expect(readObservations(at('set.zpn'))).toEqual(set)
    expect(checkedOutput(at('draws.zpn'))).toBe(at('draws.zpn'))
    expect(() => checkedOutput(at('draws.abc'))).toThrow('one of .npz, .safetensors, .zpn')
  })

  it('is in the help of the commands that read and write files', async () => {
    for (const name of ['observe', 'sample', 'restore'])
      expect((await moreHelp([name, '--help']))[name]).toContain('.npz, .safetensors or .zpn')
    expect((await moreHelp(['info', '--help'])).info).toContain('.npy, .npz, .safetensors or .zpn')
    expect((await moreHelp(['observe', '--help'])).observe).toContain(
      '.npy, .npz, .safetensors, .zpn (field x',
    )
  })

  it('is in the schema of the configuration', () => {
    expect(JSON.stringify(jsonSchemaOf(experimentSchema))).toContain('.npz or .safetensors or .zpn')
  })

  it('is in the contract of formats', () => {
    const listed = formats.find(({ reader }) => reader === '.zpn')
    if (!listed) throw new Error('not listed')
    fc.assert(
      fc.property(listed.contents, fc.nat(), (arrays, cut) => {
        const bytes = listed.encode(arrays)
        expect(listed.decode(bytes, 'file.zpn')).toEqual(arrays)
        const part = bytes.subarray(0, cut % bytes.length)
        expect(() => listed.decode(part, 'file.zpn')).toThrow(/^file\.zpn: /)
      }),
      { numRuns: 40 },
    )
  })
})
