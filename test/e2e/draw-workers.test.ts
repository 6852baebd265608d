/** Commands that draw, by several processes: what they write is that of one process, bit for bit. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { standardGaussian } from '../../src/diffusion/index.ts'
import { writeArrays } from '../../src/formats/index.ts'
import { network } from '../../src/nn/index.ts'
import { observe, writeObservations } from '../../src/observations/index.ts'
import { stream, uniform } from '../../src/random/index.ts'
import { learnedPrior, openRun, savePrior } from '../../src/run/index.ts'
import { startTweedie, tweedie } from './built.ts'
import { childrenOf, until } from './children.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-draw-workers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)

const EVENT = [16]
const DISTILLED = `
prior: ${at('prior')}
data: { clean: ${at('x.npy')}, observe: { operator: { kind: mask, keep: 0.6 }, noise: 0.05 } }
objective: { prior: samples, samples: 150, samplerSteps: 4 }
flow: { kind: realNvp, steps: 2, hidden: 8 }
train: { steps: 3, batch: 16 }
export: { draws: 2 }
`

beforeAll(async () => {
  const net = { kind: 'mlp', features: 16, hidden: [16], emb: 8 } as const
  const run = openRun(at('prior'), { config: {} })
  await savePrior(
    run,
    'prior',
    learnedPrior({
      ...{ net, params: network(net).init(0), gaussian: standardGaussian(16) },
      ...{ sigmaMin: 0.02, sigmaMax: 20, event: EVENT, range: [-2, 2], laps: 1 },
    }),
  )
  run.close()
  const x = uniform(stream(0, 'x'), [37, ...EVENT])
  writeArrays(at('x.npy'), { x })
  const operator = { name: 'mask', settings: { keep: 0.6 } }
  writeObservations(at('set.npz'), await observe(x, { operator, noise: 0.05, range: [-2, 2], seed: 3 }))
  writeFileSync(at('distill.yaml'), DISTILLED)
})

/** Numbers of workers by name; one process alone has none. */
const WAYS = { alone: [], one: ['--workers', '1'], two: ['--workers', '2'] } as const
type Way = keyof typeof WAYS

/** A command in several ways, each process with one thread: what it writes is the same. */
const same = (
  ways: readonly Way[],
  args: (way: Way) => readonly string[],
  written: (way: Way) => readonly string[],
): void => {
  for (const way of ways) {
    const { status, stderr } = tweedie([...args(way), ...WAYS[way], '--threads', '1', '--quiet'])
    expect(`${way}: ${status} ${stderr}`).toBe(`${way}: 0 `)
  }
  const bytes = (way: Way) => written(way).map((name) => readFileSync(at(name)))
  for (const way of ways.slice(1))
    expect(
      bytes(way).every((each, i) => each.equals(bytes(ways[0])[i])),
      way,
    ).toBe(true)
}

describe.skipIf(availableParallelism() < 2)('by several processes', { timeout: 120_000 }, () => {
  it('sample draws the same of the prior and of the posterior', () => {
    const few = ['--batch', '8', '--steps', '4', '--seed', '2']
    same(
      ['alone', 'two'],
      (way) => ['sample', at('prior'), ...few, '-n', '19', '-o', at(`prior-${way}.npz`)],
      (way) => [`prior-${way}.npz`],
    )
    same(
      ['alone', 'one', 'two'],
      (way) => ['sample', at('prior'), at('set.npz'), ...few, '-n', '3', '-o', at(`${way}.npz`)],
      (way) => [`${way}.npz`],
    )
  })

  it('distill makes the same samples and the same sampler, and restore the same draws', () => {
    same(
      ['alone', 'two'],
      (way) => ['distill', at('distill.yaml'), '-o', at(`run-${way}`)],
      (way) => [`run-${way}/draws/prior/0002.safetensors`, `run-${way}/checkpoints/sampler.safetensors`],
    )
    const restoring = ['restore', at('run-alone'), at('set.npz'), '-n', '5', '--batch', '40', '--seed', '1']
    same(
      ['alone', 'one', 'two'],
      (way) => [...restoring, '--truth', at('x.npy'), '-o', at(`restored-${way}.npz`)],
      (way) => [`restored-${way}.npz`],
    )
  })

  it('compare finds the same figures and draws, whatever they took', () => {
    const asked = ['--tasks', 'random', '--methods', 'dps,nearest', '--steps', '2', '--draws', '1']
    const cells = (way: Way) => readdirSync(at(`${way}/cells`)).sort()
    same(
      ['alone', 'two'],
      (way) => ['compare', ...asked, '--images', '2', '--cache', at(way)],
      (way) =>
        cells(way)
          .filter((name) => name.endsWith('.npz'))
          .map((name) => `${way}/cells/${name}`),
    )
    expect(cells('two')).toEqual(cells('alone'))
    expect(cells('two').length).toBe(4)
    const figuresOf = (way: Way) => {
      const read = JSON.parse(readFileSync(at(`${way}/cells/${cells(way)[0]}`), 'utf8'))
      const { seconds, perStep, perMeasurement, peakMemory, growth, ...figures } = read
      expect([seconds, perStep, perMeasurement, peakMemory, growth].every(Number.isFinite)).toBe(true)
      return figures
    }
    expect(figuresOf('two')).toEqual(figuresOf('alone'))
  })

  const long = ['sample', at('prior'), at('set.npz'), '--batch', '8', '--steps', '40', '-n', '8', '--json']
  const drawing = /"phase":"sampling","done":\d+,"total":296,"workers":2/

  it('is the same when a worker is killed', async () => {
    expect(tweedie([...long, '--threads', '1', '-o', at('whole.npz')]).status).toBe(0)
    const work = startTweedie([...long, '--workers', '2', '--threads', '1', '-o', at('killed.npz')])
    await until(work, () => drawing.test(work.stderr()))
    const [first] = childrenOf(work.child.pid)
    process.kill(first, 'SIGKILL')
    await until(work, () => !childrenOf(work.child.pid).includes(first))
    expect(await work.ended).toBe(0)
    expect(readFileSync(at('killed.npz')).equals(readFileSync(at('whole.npz')))).toBe(true)
  })

  it('stops with Ctrl-C, leaves no process and nothing half-written', async () => {
    mkdirSync(at('stopped'))
    const work = startTweedie([...long, '--workers', '2', '-o', at('stopped/draws.npz')])
    await until(work, () => drawing.test(work.stderr()))
    const children = childrenOf(work.child.pid)
    expect(children.length).toBe(2)
    work.child.kill('SIGINT')
    expect(await work.ended).toBe(130)
    expect(work.stderr()).toMatch(/^tweedie: sampling was interrupted$/m)
    for (const pid of children) expect(() => process.kill(pid, 0)).toThrow()
    expect(readdirSync(at('stopped'))).toEqual([])
  })

  it('says what is wrong in one line', () => {
    const none = tweedie(['sample', at('prior'), '--workers', '0'])
    expect(none.stderr).toMatch(/^tweedie: option '--workers <n>' argument '0' is invalid\. Expected .*\n$/)
    expect(none.status).toBe(2)
    const bound = ['objective={prior: bound}', '-o', at('bound'), '--workers', '2']
    const wrong = tweedie(['distill', at('distill.yaml'), ...bound])
    expect(wrong.stderr).toMatch(/^tweedie: --workers: draw samples of the prior, .* 'bound' takes none\n$/)
    expect(wrong.status).toBe(2)
  })
})
