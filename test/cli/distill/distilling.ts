/** Distillation in-process, on images of 4 × 8 pixels: a prior, configurations, and what the commands say. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run as distill } from '../../../src/cli/commands/distill.ts'
import { run as restore } from '../../../src/cli/commands/restore.ts'
import { run as train } from '../../../src/cli/commands/train.ts'
import type { OptionsOf } from '../../../src/cli/commands.ts'
import { exitCodeOf, explain } from '../../../src/cli/exit.ts'
import { makeIo } from '../../../src/cli/io.ts'
import { readArrays, writeArrays } from '../../../src/formats/index.ts'
import { observe, writeObservations } from '../../../src/observations/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { readJournal } from '../../../src/run/index.ts'
import { NdArray } from '../../../src/tensor/index.ts'

export const folder = mkdtempSync(join(tmpdir(), 'tweedie-distill-'))

/** Removes what was written. */
export const cleanUp = (): void => rmSync(folder, { recursive: true, force: true })

export const at = (name: string): string => join(folder, name)

/** Smooth images [N, 1, 4, 8] around ½. */
export const clean = (count: number, seed: number): NdArray<'float32'> => {
  const z = normal(stream(seed, 'signals'), [count, 2]).data
  const data = Float32Array.from({ length: count * 32 }, (_, i) => {
    const [row, h, w] = [Math.floor(i / 32), Math.floor(i / 8) % 4, i % 8]
    return 0.5 + 0.12 * (z[2 * row] * Math.cos(w / 3 + h) + z[2 * row + 1] * Math.sin(w / 3 - h))
  })
  return new NdArray('float32', [count, 1, 4, 8], data)
}

export const common = {
  json: undefined,
  quiet: true,
  debug: undefined,
  threads: undefined,
  workers: undefined,
  seed: undefined,
}
export const learning = {
  ...common,
  resume: undefined,
  breakLock: undefined,
  device: 'cpu',
  checkpointEvery: 60,
  minutes: undefined,
  overcommit: undefined,
} as const
export const restoring: OptionsOf<'restore'> = {
  ...common,
  ...{
    output: undefined,
    draws: 4,
    batch: 1024,
    count: undefined,
    summary: undefined,
    strict: undefined,
    calibrated: undefined,
    onnx: undefined,
    trust: undefined,
    beside: undefined,
  },
  ...{ refine: undefined, refineSteps: undefined, refineFrom: 1, prior: undefined, truth: undefined },
  device: 'cpu',
}

/** What a command prints with --json. */
export const ioTo = (sink: string[], signal = new AbortController().signal) =>
  makeIo(
    { stdout: { write: (text) => sink.push(text) }, stderr: { write: () => true } },
    { json: true, quiet: true },
    signal,
  )

export const distilled = async (
  run: string,
  overrides: readonly string[] = [],
  { signal, ...more }: Partial<OptionsOf<'distill'>> & { signal?: AbortSignal } = {},
) => {
  const sink: string[] = []
  await distill(
    [at('distill.yaml'), ...overrides],
    { ...learning, run: at(run), ...more },
    ioTo(sink, signal),
  )
  return JSON.parse(sink[0])
}

export const restored = async (run: string, set: string, more: Partial<OptionsOf<'restore'>> = {}) => {
  const sink: string[] = []
  await restore([at(run), at(set)], { ...restoring, output: at('out.npz'), ...more }, ioTo(sink))
  return { facts: JSON.parse(sink[0]), arrays: readArrays(at('out.npz')) }
}

export const samplerBytes = (run: string) => readFileSync(join(at(run), 'checkpoints', 'sampler.safetensors'))
export const points = (run: string) =>
  readdirSync(join(at(run), 'checkpoints')).filter((name) => /^\d{6}-/.test(name))
export const losses = (run: string) =>
  readJournal(join(at(run), 'journal.jsonl')).map(({ seconds: _, ...line }) => line)

/** The prior, what distils it, its test set, and a first sampler. */
export const prepare = async (): Promise<void> => {
  writeArrays(at('x.npy'), { x: clean(256, 1) })
  writeArrays(at('test.npy'), { x: clean(6, 2) })
  writeFileSync(
    at('prior.yaml'),
    `data: { clean: ${at('x.npy')} }
net: { kind: unet, channels: [16], blocks: [1], emb: 16 }
train: { steps: 300, batch: 64, rate: { from: 5e-3 }, ema: 0.97 }
monitor: { samples: 0 }
`,
  )
  writeFileSync(
    at('distill.yaml'),
    `prior: ${at('prior')}
data: { clean: ${at('x.npy')}, observe: { operator: { kind: mask, keep: 0.6 }, noise: 0.05 } }
objective: { prior: bound }
flow: { kind: realNvp, steps: 2, hidden: 16 }
train: { steps: 40, batch: 32, rate: { from: 3e-3 } }
export: { draws: 2 }
`,
  )
  await train([at('prior.yaml')], { ...learning, run: at('prior') }, ioTo([]))
  const set = await observe(clean(6, 2), {
    operator: { name: 'mask', settings: { keep: 0.6 } },
    noise: 0.05,
    seed: 3,
  })
  writeObservations(at('test.npz'), set)
  await distilled('plain')
}

/** A small flow of networks that begins with that. */
export const networks = (base?: string): string => {
  const unet = '{ kind: unet, channels: [4], blocks: [1], emb: 4 }'
  const wish = base ? `, base: ${base}` : ''
  return `{ kind: network, features: 4, steps: 2, encoder: ${unet}, coupling: ${unet}${wish} }`
}

/** What a command fails with, as users see it. */
export const failure = async (work: Promise<unknown>): Promise<{ code: number; message: string }> => {
  try {
    await work
  } catch (error) {
    return { code: exitCodeOf(error), message: explain(error, false) }
  }
  return { code: 0, message: '' }
}
