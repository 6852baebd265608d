/**
 * `tweedie import`: a network of PyTorch becomes a prior that other commands take; what is not one says why.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readArrays } from '../../src/formats/index.ts'
import { maskedBy, writeObservations } from '../../src/observations/index.ts'
import { bernoulli, stream, uniform } from '../../src/random/index.ts'
import { NdArray, zeros } from '../../src/tensor/index.ts'
import { tweedie } from '../e2e/built.ts'
import { external, modelOf, node } from '../tensor/onnx-import/models.ts'
import { type Case, eachCase, freshFolder, half } from './hostile.ts'

const fixture = join(import.meta.dirname, '../tensor/onnx-import/fixtures/unet.onnx')
const bytes = new Uint8Array(readFileSync(fixture))

describe('a U-Net of PyTorch', () => {
  it('is tested, becomes a prior, and draws with it; the other prediction is not written', async () => {
    const folder = freshFolder()
    const at = (name: string) => join(folder, name)
    const made = tweedie([
      'import',
      fixture,
      '--predicts',
      'noise',
      '--schedule',
      'vp',
      '-o',
      at('p.safetensors'),
      '--json',
    ])
    expect([made.stderr.includes('tweedie:'), made.status]).toEqual([false, 0])
    const { path, event, checks } = JSON.parse(made.stdout)
    expect([path, event]).toEqual([at('p.safetensors'), [1, 8, 8]])
    expect(checks).toHaveLength(5)
    expect(checks.every(({ passed }: { passed: boolean }) => passed)).toBe(true)

    const shape = [3, 1, 8, 8]
    const mask = bernoulli(stream(0, 'mask'), 0.5, shape)
    const y = uniform(stream(0, 'y'), shape).data.map((v, i) => v * mask.data[i])
    const set = { y: new NdArray('float32', shape, y), operator: maskedBy(mask, [1, 8, 8]), noise: 0.05 }
    writeObservations(at('set.npz'), { ...set, range: [0, 1] })
    const drawn = tweedie([
      'sample',
      at('p.safetensors'),
      at('set.npz'),
      '-n',
      '2',
      '--steps',
      '4',
      '-o',
      at('draws.npz'),
    ])
    expect([drawn.stderr.includes('tweedie:'), drawn.status]).toEqual([false, 0])
    expect(readArrays(at('draws.npz')).draws.shape).toEqual([2, ...shape])

    const wrong = tweedie([
      'import',
      fixture,
      '--predicts',
      'denoised',
      '--schedule',
      'vp',
      '-o',
      at('q.safetensors'),
    ])
    expect(wrong.status).toBe(1)
    expect(wrong.stdout).toContain('failed')
    expect(wrong.stderr).toMatch(/of 5 checks failed \(.*the lowest level.*\); nothing is written/)
    expect(existsSync(at('q.safetensors'))).toBe(false)
  })
})

const as = (predicts: string, schedule: string, ...more: string[]) => [
  ...['import', 'model.onnx', '--predicts', predicts, '--schedule', schedule, '-o', 'prior.safetensors'],
  ...more,
]
const inputs = { x: zeros([2, 3]), t: zeros([2]) }
const outputs = ['y', 'z'].map((name) => ({ name, dtype: 'float32', shape: [2, 3] }) as const)
const unknown = modelOf({ nodes: [node('Hardmax', ['x'])], inputs })
const two = modelOf({ nodes: [node('Relu', ['x']), node('Neg', ['x'], {}, ['z'])], inputs, outputs })
const open = modelOf({
  nodes: [node('Relu', ['x'])],
  inputs: { x: { dtype: 'float32', shape: ['N', 3, 'H', 'W'] }, t: { dtype: 'float32', shape: ['N'] } },
})

const cases: readonly Case[] = [
  {
    name: 'an unknown operator',
    files: { 'model.onnx': unknown },
    args: as('noise', 'vp'),
    says: /^model\.onnx: node 'y' \(Hardmax\): this operator is not read$/,
  },
  {
    name: 'several outputs',
    files: { 'model.onnx': two },
    args: as('noise', 'vp'),
    says: /^model\.onnx: 2 outputs \('y', 'z'\); say which is the prediction \(--prediction\)$/,
  },
  {
    name: 'sizes that a run decides',
    files: { 'model.onnx': open },
    args: as('noise', 'vp'),
    says: /^model\.onnx: input 'x' has shape \[N,3,H,W\], whose sizes a run decides; .*--event\)$/,
  },
  {
    name: 'weights in another file',
    files: { 'model.onnx': external() },
    args: as('noise', 'vp'),
    says: /^model\.onnx: 'w' has its data in another file/,
  },
  {
    name: 'half of a file',
    files: { 'model.onnx': half(bytes) },
    args: as('noise', 'vp'),
    says: /^model\.onnx: damaged or truncated \(protobuf\)$/,
  },
  {
    name: 'a .pt file',
    files: { 'model.onnx': Uint8Array.from([0x50, 0x4b, 3, 4, ...Array<number>(60).fill(0)]) },
    args: as('noise', 'vp'),
    says: /^model\.onnx: weights of PyTorch, which do not say what .*; export it in Python: /,
  },
  { name: 'no file', args: as('noise', 'vp'), says: /^model\.onnx: / },
  {
    name: 'an unknown schedule',
    files: { 'model.onnx': bytes },
    args: as('noise', 'vq'),
    says: /^unknown schedule 'vq', did you mean 've'\?/,
  },
  {
    name: 'a prediction that a schedule does not have',
    files: { 'model.onnx': bytes },
    args: as('velocity', 've'),
    says: /^model\.onnx: schedule ve with 'velocity'/,
  },
  {
    name: 'levels that are none',
    files: { 'model.onnx': bytes },
    args: as('noise', 'vp', '--levels', '0,3'),
    says: /^--levels: noise levels are above 0, got '0,3'$/,
  },
  {
    name: 'another file to write',
    files: { 'model.onnx': bytes },
    args: ['import', 'model.onnx', '--predicts', 'noise', '--schedule', 'vp', '-o', 'prior.npz'],
    says: /^prior\.npz: extension must be one of \.safetensors/,
  },
]

describe('what cannot be imported', () => eachCase(cases))
