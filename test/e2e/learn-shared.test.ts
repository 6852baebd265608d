/** The command line, with other processes that draw: the prior is that of one process, bit for bit. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { scratch } from '../run/scratch.ts'
import { startTweedie, tweedie } from './built.ts'
import { childrenOf, until } from './children.ts'

const CONFIG = `
data:
  clean: manifold
  count: 300
  observe: { operator: { kind: projection, dimension: 2 }, noise: 0.01, seed: 1 }
net: { kind: mlp, hidden: [16], emb: 8 }
schedule: { sigmaMin: 1.0e-3, sigmaMax: 10 }
gaussian: { rank: 5, iterations: 2 }
em: { laps: 2, batch: 32, bound: 3, early: { laps: 0 }, sampling: { steps: 64 } }
train: { batch: 32, steps: 20 }
monitor: { samples: 0, held: { observations: 0 } }
`

/** Two replicas, in five rounds a lap. */
const REPLICAS = ['train.steps=200', 'train.replicas=2', 'train.rounds.steps=20']

const configIn = (folder: string): string => {
  const path = join(folder, 'mini.yaml')
  writeFileSync(path, CONFIG)
  return path
}

const priorOf = (run: string): Buffer => readFileSync(join(run, 'checkpoints', 'prior.safetensors'))

const journalOf = (run: string) =>
  readFileSync(join(run, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** Steps before the rounds that are under way. */
const startsIn = (run: string): number[] =>
  existsSync(join(run, 'draws'))
    ? readdirSync(join(run, 'draws'), { recursive: true, encoding: 'utf8' }).flatMap((name) => {
        const [, step] = /round-(\d+)-\d+-start\.safetensors$/.exec(name) ?? []
        return step === undefined ? [] : [Number(step)]
      })
    : []

let alone: Buffer
/** By replicas. */
let replicas: Buffer
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-shared-'))
  const learned = (run: string, ...overrides: string[]): Buffer => {
    const args = ['learn', configIn(folder), ...overrides, '-o', join(folder, run), '--quiet']
    expect(tweedie([...args, '--threads', '1']).status).toBe(0)
    return priorOf(join(folder, run))
  }
  try {
    alone = learned('run')
    replicas = learned('replicas', ...REPLICAS)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)

describe('learn --workers', () => {
  it('is the same when every worker is killed once in the middle of a lap', {
    timeout: 120_000,
  }, async () => {
    const folder = scratch()
    const run = join(folder, 'run')
    const work = startTweedie(['learn', configIn(folder), '-o', run, '--json', '--workers', '2'])
    await until(work, () => /"phase":"sampling","done":[1-9]/.test(work.stderr()))
    const [first, second] = childrenOf(work.child.pid)
    for (const pid of [first, second]) {
      process.kill(pid, 'SIGKILL')
      await until(work, () => !childrenOf(work.child.pid).includes(pid))
    }
    expect(await work.ended).toBe(0)
    expect(priorOf(run)).toEqual(alone)
  })

  it('saves itself with Ctrl-C, leaves no process, and goes on', { timeout: 120_000 }, async () => {
    const folder = scratch()
    const args = [
      'learn',
      configIn(folder),
      '-o',
      join(folder, 'run'),
      '--json',
      '--workers',
      '2',
      '--resume',
    ]
    const work = startTweedie(args)
    await until(work, () => /"phase":"sampling","done":[1-9]/.test(work.stderr()))
    const children = childrenOf(work.child.pid)
    expect(children.length).toBe(2)
    work.child.kill('SIGINT')
    expect(await work.ended).toBe(130)
    expect(work.stderr()).toMatch(/^tweedie: learning was interrupted\. To go on with it: .*--workers 2/m)
    for (const pid of children) expect(() => process.kill(pid, 0)).toThrow()
    expect(tweedie([...args, '--quiet']).status).toBe(0)
    expect(priorOf(join(folder, 'run'))).toEqual(alone)
  })
})

describe('replicas', () => {
  it('are the same when their workers are killed in the middle of rounds', { timeout: 120_000 }, async () => {
    const folder = scratch()
    const run = join(folder, 'run')
    const args = ['learn', configIn(folder), ...REPLICAS, '-o', run, '--json', '--workers', '2']
    const work = startTweedie([...args, '--threads', '1'])
    for (const step of [20, 60]) {
      await until(work, () => startsIn(run).some((start) => start >= step))
      for (const pid of childrenOf(work.child.pid)) process.kill(pid, 'SIGKILL')
    }
    expect(await work.ended).toBe(0)
    expect(priorOf(run)).toEqual(replicas)
    const rounds = journalOf(run).filter(({ event }) => event === 'rounds')
    expect(rounds).toMatchObject([1, 2].map((lap) => ({ lap, rounds: 5, workers: 2 })))
  })

  it('are trained by tweedie shard as well', { timeout: 120_000 }, async () => {
    const folder = scratch()
    const run = join(folder, 'run')
    const parts = ['0', '1'].map((index) =>
      startTweedie(['shard', run, '--index', index, '--of', '2', '--wait', '--json', '--threads', '1']),
    )
    const args = ['learn', configIn(folder), ...REPLICAS, '-o', run, '--quiet', '--threads', '1']
    const work = startTweedie([...args, '--executor', 'files'])
    expect(await work.ended).toBe(0)
    expect(await Promise.all(parts.map(({ ended }) => ended))).toEqual([0, 0])
    expect(parts.map(({ stdout }) => JSON.parse(stdout()))).toMatchObject(
      [1, 2].map(() => ({ drawn: 10, trained: 10 })),
    )
    expect(priorOf(run)).toEqual(replicas)
  })
})

describe('learn --executor files', () => {
  it('is drawn for by tweedie shard, in parts, until it is over', { timeout: 120_000 }, async () => {
    const folder = scratch()
    const run = join(folder, 'run')
    const parts = ['0', '1'].map((index) =>
      startTweedie(['shard', run, '--index', index, '--of', '2', '--wait', '--json']),
    )
    const work = startTweedie(['learn', configIn(folder), '-o', run, '--quiet', '--executor', 'files'])
    expect(await work.ended).toBe(0)
    expect(await Promise.all(parts.map(({ ended }) => ended))).toEqual([0, 0])
    expect(parts.map(({ stdout }) => JSON.parse(stdout()).drawn)).toEqual([10, 10])
    expect(priorOf(run)).toEqual(alone)
  })
})

describe('one line', () => {
  it.each([
    [['shard', 'nowhere'], /^tweedie: nowhere: not a run folder/],
    [['shard', 'x', '--index', '2', '--of', '2'], /^tweedie: --index 2: of 2 parts the last is 1/],
    [
      ['learn', 'mini.yaml', '--workers', '2', '--executor', 'files'],
      /^tweedie: --workers draws here, --executor files elsewhere: one of them/,
    ],
    [['learn', 'mini.yaml', 'learner=ambient', '--workers', '2'], /^tweedie: .*learner/],
    [['learn', 'mini.yaml', '--workers', '0'], /^tweedie: .*--workers/],
  ])('%j', (args, message) => {
    const folder = scratch()
    configIn(folder)
    const { status, stderr } = tweedie(args, { cwd: folder })
    expect(stderr.trim()).toMatch(message)
    expect(stderr.trim().split('\n').length).toBe(1)
    expect(status).toBe(2)
  })
})
