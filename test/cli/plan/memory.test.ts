import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { MEMORY_FACTOR } from '../../../src/cli/plan/estimate.ts'
import { arrayWriter, writeArrays } from '../../../src/formats/index.ts'
import { stream, uniform } from '../../../src/random/index.ts'
import { tweedie } from '../tweedie.ts'
import { peakOfCommand } from './peak.ts'

const scratch = mkdtempSync(join(tmpdir(), 'plan-memory-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** The peak that a plan says and the one that is measured, of the same work. */
const bothOf = async (command: string, ...args: string[]): Promise<number> => {
  const { stdout, stderr } = tweedie('plan', '--command', command, ...args, '--counts-only', '--json')
  if (stdout === '') throw new Error(stderr)
  const run = mkdtempSync(join(scratch, `${command}-`))
  const measured = await peakOfCommand(command, ...args, '-o', run)
  const said = JSON.parse(stdout).memory.peak
  return said / measured
}

const within = (ratio: number): void => {
  expect(ratio).toBeGreaterThan(1 / MEMORY_FACTOR)
  expect(ratio).toBeLessThan(MEMORY_FACTOR)
}

const QUICK = ['train.steps=4', 'monitor.samples=2', 'monitor.steps=2']

/** Two or three processes, which take a few seconds each where nothing else runs. */
const WAIT = 240_000

/** A prior for the flow to begin with. */
const prior = join(scratch, 'prior')

// The resident set is read from /proc.
describe.skipIf(!existsSync('/proc/self/status'))('the estimate of the memory', () => {
  it(
    'holds for a small MLP',
    async () => {
      const net = ['net.hidden=[512,512,512]', 'train.batch=4096', 'monitor.sinkhorn=0']
      within(await bothOf('train', 'experiments/manifold.yaml', 'data.count=4096', ...net, ...QUICK))
    },
    WAIT,
  )

  it(
    'holds for the network of the demo',
    async () => {
      const data = ['data.clean=mnist', 'data.count=500', 'train.batch=256']
      within(await bothOf('train', 'experiments/demo.yaml', ...data, ...QUICK))
    },
    WAIT,
  )

  it(
    'holds for draws under it',
    async () => {
      const laps = ['em.laps=2', 'em.early.laps=0', 'em.batch=100', 'em.sampling.steps=2']
      const start = ['gaussian.iterations=1', 'gaussian.rank=16', 'data.count=100', 'train.lastSteps=4']
      within(await bothOf('learn', 'experiments/demo.yaml', ...laps, ...start, ...QUICK))
    },
    WAIT,
  )

  it(
    'holds for draws under the Gaussian of the start',
    async () => {
      writeArrays(join(scratch, 'x.npy'), { x: uniform(stream(0, 'x'), [256, 1, 96, 96]) })
      const config = join(scratch, 'gaussian.yaml')
      writeFileSync(
        config,
        `data:
  clean: ${join(scratch, 'x.npy')}
  observe: { operator: { kind: fourier, acceleration: 4 }, noise: 0.02, seed: 1 }
net: { kind: unet, channels: [4, 4], blocks: [1, 1], emb: 8, unshuffle: 4 }
gaussian: { rank: 16, iterations: 1, eStep: diffusion, steps: 2, cg: 8, tolerance: 0.1 }
em: { laps: 1, batch: 4, early: { laps: 0 }, sampling: { step: ddpm, steps: 2, iterations: 1 } }
train: { steps: 1, batch: 4 }
monitor: { samples: 0, held: { observations: 0 } }
`,
      )
      within(await bothOf('learn', config))
    },
    WAIT,
  )

  it(
    'holds for clean data that are read by rows',
    async () => {
      const writer = arrayWriter(join(scratch, 'large.npy'), {
        x: { dtype: 'float32', shape: [80_000, 1, 28, 28] },
      })
      const some = uniform(stream(0, 'x'), [1000, 1, 28, 28])
      for (let i = 0; i < 80; i++) writer.append('x', some)
      writer.close() // 251 MB: held, it would be more than the estimate's factor
      const data = [`data.clean=${join(scratch, 'large.npy')}`, 'net.channels=[8,8]', 'train.batch=16']
      within(await bothOf('train', 'experiments/demo.yaml', 'data.count=80000', ...data, ...QUICK))
    },
    WAIT,
  )

  it(
    'holds for a flow',
    async () => {
      // A small prior: what is measured is the flow, and training the prior took most of the time.
      const small = ['net.channels=[8,8]', 'data.clean=mnist', 'data.count=64', 'train.batch=16']
      await peakOfCommand('train', 'experiments/demo.yaml', ...small, ...QUICK, '-o', prior)
      const flow = ['flow={kind: realNvp, steps: 8}', 'data.count=64', 'train.steps=2']
      within(await bothOf('distill', 'experiments/distill/digits-paper.yaml', `prior=${prior}`, ...flow))
    },
    WAIT,
  )
})
