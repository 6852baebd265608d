/** Files that are no prior and no sampler: one line that names the file, exit code 2, nothing allocated. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { standardGaussian } from '../../src/diffusion/index.ts'
import { encodeSafetensors, readSafetensors, writeArrays } from '../../src/formats/index.ts'
import { network } from '../../src/nn/index.ts'
import { writePrior } from '../../src/run/index.ts'
import { full } from '../../src/tensor/index.ts'
import { commandOf, numpy, said, torch } from './python.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-python-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

const good = at('good.safetensors')
const net = { kind: 'mlp', features: 4, hidden: [8], emb: 8 } as const

type Fields = Readonly<Record<string, unknown>>

/** The file with other fields in its state, and arrays beside its own. */
const stateWith = (change: Fields, more: Parameters<typeof encodeSafetensors>[0] = {}): Uint8Array => {
  const { arrays, metadata } = readSafetensors(good)
  const state = JSON.stringify({ ...JSON.parse(metadata.state), ...change })
  return encodeSafetensors({ ...arrays, ...more }, { ...metadata, state })
}

/** A header in front of some elements. */
const headed = (header: string, elements: number, length = header.length): Uint8Array => {
  const bytes = Buffer.alloc(8 + header.length + elements)
  bytes.writeBigUInt64LE(BigInt(length))
  bytes.write(header, 8)
  return bytes
}

const flipped = (bytes: Uint8Array, place: number): Uint8Array =>
  bytes.map((byte, i) => (i === place ? byte ^ 16 : byte))

const ofFloats = (entry: Fields): string =>
  JSON.stringify({ x: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...entry } })

const samplerState: Fields = {
  kind: 'sampler',
  condition: { y: [4], beside: {}, crossing: 'entries' },
  operator: { name: 'identity', settings: {} },
}

/** Bytes of files, given those of a good one, and what is said of them. */
const files: Readonly<Record<string, readonly [(bytes: Uint8Array) => Uint8Array, RegExp]>> = {
  empty: [() => new Uint8Array(), /truncated or not \.safetensors \(0 bytes\)/],
  'cut in its header': [(bytes) => bytes.subarray(0, 100), /truncated or not \.safetensors \(100 bytes\)/],
  'cut in its arrays': [
    (bytes) => bytes.subarray(0, -4),
    /field '.*': shape .* does not fit its data_offsets/,
  ],
  'with more behind it': [
    (bytes) => Buffer.concat([bytes, Buffer.alloc(4)]),
    /nothing claims the last 4 bytes/,
  ],
  'with a header longer than itself': [() => headed('{}', 0, 2 ** 40), /truncated or not/],
  'with a flipped bit': [(bytes) => flipped(bytes, bytes.length - 3), /is damaged: it has another SHA-256/],
  'of another program': [() => Buffer.from('%PDF-1.7 and so on and so on'), /truncated or not/],
  'with a header that is not JSON': [() => headed('{"x": ', 0), /the header is not JSON in UTF-8/],
  'with a list as header': [() => headed('[]', 0), /the header must be a JSON object/],
  'with a name twice': [
    () => headed('{"x": 1, "x": 2}', 0),
    /not JSON in UTF-8 \(a key stands there twice\)/,
  ],
  'that nests without end': [() => headed('['.repeat(100_000), 0), /the header is not JSON in UTF-8/],
  'of unknown numbers': [() => headed(ofFloats({ dtype: 'F4' }), 8), /expected a known dtype, shape and/],
  'of more numbers than it has bytes': [
    () => headed(ofFloats({ shape: [2 ** 40, 2 ** 40] }), 8),
    /shape .* of F32 does not fit its data_offsets/,
  ],
  'of a negative size': [() => headed(ofFloats({ shape: [-2, -1] }), 8), /does not fit its data_offsets/],
  'of arrays alone': [() => encodeSafetensors({ x: full([2], 1) }), /not a checkpoint of tweedie/],
  'of a later version': [
    () => {
      const { arrays, metadata } = readSafetensors(good)
      return encodeSafetensors(arrays, { ...metadata, version: '2' })
    },
    /version 2, this file reads 1/,
  ],
  'of a resume point': [() => stateWith({ kind: 'train' }), /holds a train, not a prior/],
  'of a network that Python has not': [
    () => stateWith({ net: { kind: 'sphere', io: 1 } }),
    /network 'sphere' is not read in Python, which has mlp, unet, unet1d, ncsnpp/,
  ],
  'of an imported network': [
    () => stateWith({ net: { kind: 'onnx' }, imported: {} }),
    /an imported network: use the \.onnx file that it came from/,
  ],
  'of another parameterization': [
    () => stateWith({ parameterization: { name: 'flow', settings: {} } }),
    /parameterization 'flow' is not read in Python, only edm and vp/,
  ],
  'of a sampler that Python has not': [
    () => stateWith({ ...samplerState, flow: { kind: 'image', event: [1, 2, 2], condition: [1, 2, 2] } }),
    /sampler 'image' is not read in Python, which has realNvp, gaussian, network; use its \.onnx file/,
  ],
  'without a range': [() => stateWith({ range: [1, 1] }), /its header does not fit its arrays/],
  'without an event': [() => stateWith({ event: undefined }), /its header does not fit its arrays/],
}

/** Those that only computing tells. */
const computed: Readonly<Record<string, readonly [() => Uint8Array, RegExp]>> = {
  'for weights of another network': [
    () => stateWith({ net: { ...net, hidden: [8, 8] } }),
    /^.*: its weights do not fit its header/,
  ],
}

const pathOf = (name: string): string => at(`${name}.bin`)
let found: ReturnType<typeof commandOf> = {}

beforeAll(async () => {
  const params = network(net).init(0)
  const levels = { sigmaMin: 0.02, sigmaMax: 20, event: [4], range: [-1, 1] as const, laps: 1 }
  await writePrior(good, { net, params, gaussian: standardGaussian(4), ...levels })
  const bytes = new Uint8Array(readFileSync(good))
  for (const [name, [damage]] of Object.entries(files)) writeFileSync(pathOf(name), damage(bytes))
  for (const [name, [make]] of Object.entries(computed)) writeFileSync(pathOf(name), make())
  if (numpy) found = commandOf(numpy, 'show', [...Object.keys(files).map(pathOf), at('missing')])
}, 30_000)

const expectRefused = ([code, out, err]: readonly [number, string, string], expected: RegExp): void => {
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(expected)
  expect(err.trimEnd()).not.toContain('\n')
}

describe.skipIf(!numpy)(`a file in Python${said}`, () => {
  it.each(Object.entries(files))('%s is refused', (name, [, expected]) => {
    expectRefused(found[pathOf(name)], expected)
    expect(found[pathOf(name)][2]).toContain(pathOf(name))
  })

  it('that is not there is refused', () => {
    expectRefused(found[at('missing')], /missing: No such file or directory$/m)
  })

  it.runIf(torch).each(Object.entries(computed))('%s is refused', (name, [, expected]) => {
    const said = commandOf(torch ?? '', 'check', [pathOf(name)])
    expectRefused(said[pathOf(name)], expected)
  })

  it('is read with NumPy alone; the command says so, and how it is used', () => {
    const script = JSON.stringify(join(import.meta.dirname, '../../python/tweedie_prior.py'))
    const blind = [
      '-c',
      `import runpy, sys; sys.modules['torch'] = None; runpy.run_path(${script}, run_name='__main__')`,
    ]
    const run = (...args: string[]) => spawnSync(numpy ?? '', [...blind, ...args], { encoding: 'utf8' })
    const shown = run('show', good)
    expect([shown.status, shown.stdout]).toEqual([
      0,
      `${good}: prior, mlp, x [4], range [-1, 1], levels 0.02 to 20\n`,
    ])
    expect(run('check', good)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /good.*: to compute needs PyTorch, which is not installed here \(.*\)\n$/,
      ),
    })
    expect(run()).toMatchObject({ status: 2, stderr: 'usage: tweedie_prior.py check|show FILE...\n' })
  })

  it('of 0.1 has no rows to check with', () => {
    const old = at('old.safetensors')
    const { arrays, metadata } = readSafetensors(good)
    const kept = Object.entries(arrays).filter(([name]) => !name.startsWith('parity.'))
    writeArrays(old, Object.fromEntries(kept), metadata)
    expectRefused(
      commandOf(numpy ?? '', 'check', [old])[old],
      /old\.safetensors: holds no rows to check with: an earlier version has written it/,
    )
  })
})
