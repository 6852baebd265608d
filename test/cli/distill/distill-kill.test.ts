/**
 * `tweedie distill` as a process: SIGKILL, SIGINT, and what a run leaves for programs that know only ONNX.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../e2e/built.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-distill-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (...names: string[]): string => join(folder, ...names)

const distilling = (run: string, ...more: string[]) => [
  'distill',
  at('distill.yaml'),
  '-o',
  at(run),
  '--quiet',
  '--checkpoint-every',
  '0.05',
  ...more,
]

/** The command from its source, at work. */
const started = (args: readonly string[]): { child: ChildProcess; ended: Promise<number | string> } => {
  const main = join(root, 'src', 'cli', 'main.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { cwd: root, stdio: 'ignore' })
  return { child, ended: once(child, 'close').then(([code, signal]) => code ?? signal) }
}

const points = (run: string): string[] =>
  existsSync(at(run, 'checkpoints'))
    ? readdirSync(at(run, 'checkpoints')).filter((name) => /^\d{6}-.*\.safetensors$/.test(name))
    : []

/** Waits for a resume point other than those of before. */
const passed = async (run: string, { child }: { child: ChildProcess }): Promise<void> => {
  const before = points(run).at(-1)
  while (points(run).at(-1) === before && child.exitCode === null) await sleep(5)
}

const bytes = (run: string, file: string) => readFileSync(at(run, file))
const sampler = join('checkpoints', 'sampler.safetensors')

beforeAll(async () => {
  writeFileSync(
    at('prior.yaml'),
    `data: { clean: manifold, count: 64 }
net: { kind: mlp, hidden: [16, 16], emb: 8 }
train: { steps: 20, batch: 32 }
monitor: { samples: 0 }
`,
  )
  writeFileSync(
    at('distill.yaml'),
    `prior: ${at('prior')}
data: { clean: manifold, count: 64, observe: { operator: { kind: projection, dimension: 2 }, noise: 0.05 } }
flow: { kind: realNvp, steps: 2, hidden: 8 }
train: { steps: 300, batch: 16 }
export: { draws: 4 }
`,
  )
  expect(await started(['train', at('prior.yaml'), '-o', at('prior'), '--quiet']).ended).toBe(0)
  expect(await started(distilling('undisturbed')).ended).toBe(0)
}, 240_000)

describe('a run that is killed', () => {
  it('goes on to the same bytes after SIGKILL, and after SIGINT, which ends it with code 130', async () => {
    const first = started(distilling('killed'))
    await passed('killed', first)
    first.child.kill('SIGKILL')
    expect(await first.ended).toBe('SIGKILL')
    expect(points('killed').length).toBeGreaterThan(0)

    const second = started(distilling('killed', '--resume'))
    await passed('killed', second)
    second.child.kill('SIGINT')
    expect(await second.ended).toBe(130)
    expect(existsSync(at('killed', 'lock'))).toBe(false)
    expect(existsSync(at('killed', sampler))).toBe(false)

    expect(await started(distilling('killed', '--resume')).ended).toBe(0)
    for (const file of [sampler, 'sampler.onnx', 'sampler.json'])
      expect(bytes('killed', file).equals(bytes('undisturbed', file))).toBe(true)
  }, 240_000)
})

describe('sampler.onnx', () => {
  it('draws in Node as docs/howto/distill.md says', async () => {
    const page = readFileSync(join(root, 'docs', 'howto', 'distill.md'), 'utf8')
    const [, code] = /^```js\n([\s\S]*?)^```/m.exec(page) ?? []
    const run = at('undisturbed')
    symlinkSync(join(root, 'node_modules'), at('node_modules'))
    const noise =
      'const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * ' +
      'Math.cos(2 * Math.PI * Math.random())'
    expect(code).toContain(noise)
    writeFileSync(at('draw.mjs'), code.replaceAll('runs/fast', run))
    const child = spawn(process.execPath, [at('draw.mjs')], { cwd: folder })
    let text = ''
    child.stdout.on('data', (more) => {
      text += more
    })
    const [status] = await once(child, 'close')
    expect(status).toBe(0)
    expect(text).toMatch(/^\[ 4, 5 \] \[ 4 \]\n$/)
  }, 60_000)
})
