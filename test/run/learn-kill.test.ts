import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { readJournal } from '../../src/run/index.ts'
import { startTweedie, tweedie, type Working } from '../e2e/built.ts'
import { scratch } from './scratch.ts'

/**
 * Small enough for seconds; every part of the state is in use: draws, outlier rule,
 * moments refit, augmentation.
 */
const experiments = [
  {
    name: 'an MLP on projections of the manifold',
    kills: 4,
    every: '0.05', // seldom enough that the journal is ahead of the resume points
    config: `
data: { clean: manifold, count: 300, observe: { operator: { kind: projection, dimension: 2 }, noise: 0.01 } }
net: { kind: mlp, hidden: [16, 16], emb: 8 }
gaussian: { rank: 5, iterations: 2 }
em: { laps: 2, draws: 2, batch: 64, bound: 3, refitRank: 5, sampling: { steps: 4 } }
train: { steps: 50, batch: 32 }
monitor: { samples: 16, steps: 4, sinkhorn: 16 }
`,
  },
  {
    name: 'a U-Net with dropout on masked digits',
    kills: 3,
    every: '0',
    config: `
data: { clean: mnist, count: 64, observe: { operator: { kind: mask, keep: 0.5 }, noise: 0.05 } }
net: { kind: unet, channels: [8, 8], blocks: [1, 1], emb: 16, unshuffle: 2, dropout: 0.1 }
skip: gaussian
gaussian: { rank: 8, iterations: 2 }
em: { laps: 2, batch: 24, sampling: { steps: 4 } }
train: { steps: 12, batch: 16, augment: { flip: true, shift: 2 } }
monitor: { samples: 4, steps: 4 }
`,
  },
  {
    name: 'a Gaussian start that is chosen, and a last lap on all observations',
    kills: 5,
    every: '0',
    config: `
data: { clean: manifold, count: 200, observe: { operator: { kind: mask, keep: 0.6 }, noise: 0.05 } }
net: { kind: mlp, hidden: [16, 16], emb: 8 }
em: { laps: 1, draws: 2, batch: 64, bound: 2.5, sampling: { steps: 4 } }
train: { steps: 20, batch: 32 }
monitor: { samples: 16, steps: 4, sinkhorn: 16, held: { observations: 20 } }
`,
  },
  {
    name: 'AmbientDiffusion on masked digits',
    kills: 2,
    every: '0',
    config: `
learner: ambient
data: { clean: mnist, count: 64, observe: { operator: { kind: mask, keep: 0.5 }, noise: 0.02 } }
net: { kind: unet, channels: [8, 8], blocks: [1, 1], emb: 16, unshuffle: 2, dropout: 0.1 }
train: { steps: 40, batch: 16 }
monitor: { samples: 4, steps: 4 }
`,
  },
]

const setUp = (config: string, every = '0') => {
  const folder = scratch()
  const file = join(folder, 'config.yaml')
  writeFileSync(file, config)
  const learn = (run: string, ...more: string[]) => [
    'learn',
    file,
    '-o',
    join(folder, run),
    '--checkpoint-every',
    every,
    '--quiet',
    ...more,
  ]
  const prior = (run: string) => readFileSync(join(folder, run, 'checkpoints', 'prior.safetensors'))
  return { folder, learn, prior }
}

/** Number of the newest resume point, 0 before the first. */
const newest = (run: string): number => {
  const names = readdirSafe(join(run, 'checkpoints'))
  return Math.max(0, ...names.map((name) => Number(/^(\d{6})-.*\.safetensors$/.exec(name)?.[1] ?? 0)))
}

/** Waits until the run has passed a resume point; false when it ended before. */
const passed = async (run: string, point: number, { child }: Working): Promise<boolean> => {
  while (newest(run) < point) {
    if (child.exitCode !== null) return false
    await sleep(2)
  }
  return true
}

const journalOf = (run: string) => readJournal(join(run, 'journal.jsonl')).map(({ seconds, ...line }) => line)

describe('SIGKILL', () => {
  it.each(experiments)(
    '$name: killed and resumed, the same bytes',
    async ({ kills, config }) => {
      const { folder, learn, prior } = setUp(config)
      const undisturbed = tweedie(learn('undisturbed'))
      expect([undisturbed.status, undisturbed.stderr]).toEqual([0, ''])
      const total = newest(join(folder, 'undisturbed'))

      const run = join(folder, 'killed')
      const early = startTweedie(learn('killed')) // before the first resume point, or soon after
      await sleep(1000 * Math.random())
      early.child.kill('SIGKILL')
      await early.ended
      let killed = 0
      for (let k = 0; k < kills; k++) {
        const next = newest(run) + 1 + Math.floor((1.2 * Math.random() * total) / kills)
        const work = startTweedie(learn('killed', '--resume'))
        await passed(run, next, work)
        await sleep(100 * Math.random())
        work.child.kill('SIGKILL')
        if ((await work.ended) === 'SIGKILL') killed++
      }
      expect(killed).toBeGreaterThan(0)
      const last = tweedie(learn('killed', '--resume'))
      expect([last.status, last.stderr]).toEqual([0, ''])

      expect(prior('killed').equals(prior('undisturbed'))).toBe(true)
      expect(journalOf(run)).toEqual(journalOf(join(folder, 'undisturbed')))
      for (const kept of ['checkpoints', 'draws']) {
        const results = (name: string) =>
          readdirSync(join(folder, name, kept)).filter((file) => !/^\d{6}-/.test(file))
        expect(results('killed')).toEqual(results('undisturbed'))
        for (const file of results('killed'))
          expect(
            readFileSync(join(run, kept, file)).equals(readFileSync(join(folder, 'undisturbed', kept, file))),
          ).toBe(true)
      }
    },
    240_000,
  )
})

describe('a run at work', () => {
  it('belongs to one process, saves itself at SIGINT with code 130, and resumes bit for bit', async () => {
    const { folder, learn, prior } = setUp(experiments[0].config)
    const run = join(folder, 'run')
    const first = startTweedie(learn('run'))
    expect(await passed(run, 30, first)).toBe(true)

    first.child.kill('SIGSTOP')
    const second = tweedie(learn('run', '--resume'))
    expect([second.status, second.stdout]).toEqual([1, ''])
    expect(second.stderr).toMatch(new RegExp(`^tweedie: .*in use by process ${first.child.pid} .*\\n$`))
    first.child.kill('SIGCONT')

    first.child.kill('SIGINT')
    expect(await first.ended).toBe(130)
    const command = ['tweedie', ...learn('run', '--resume')].join(' ')
    expect(first.stderr()).toBe(`tweedie: learning was interrupted. To go on with it: ${command}\n`)
    expect(existsSync(join(run, 'lock'))).toBe(false)
    expect(existsSync(join(run, 'checkpoints', 'prior.safetensors'))).toBe(false)
    expect(newest(run)).toBeGreaterThanOrEqual(30)

    expect(tweedie(learn('run')).stderr).toMatch(
      /already holds a run; resume it \(--resume\).* To go on with it: tweedie learn .* --resume\n$/,
    )
    expect(tweedie(learn('run', '--resume')).status).toBe(0)
    expect(tweedie(learn('undisturbed')).status).toBe(0)
    expect(prior('run').equals(prior('undisturbed'))).toBe(true)
  }, 120_000)

  it.each(['60', '0'])(
    'takes more laps when it is done, to the same bytes (resume points every %s s)',
    (every) => {
      const { learn, prior } = setUp(experiments[0].config, every)
      expect(tweedie(learn('short', 'em.laps=1')).status).toBe(0)
      expect(tweedie(learn('short', 'em.laps=2', '--resume')).status).toBe(0)
      expect(tweedie(learn('long')).status).toBe(0)
      expect(prior('short').equals(prior('long'))).toBe(true)
      expect(tweedie(learn('long', 'em.laps=1', '--resume')).stderr).toMatch(/field 'em.laps' is 2, got 1/)
    },
    120_000,
  )

  it('saves itself at SIGINT however rare resume points are, also when training on clean data', async () => {
    const { folder } = setUp(experiments[0].config)
    const file = join(folder, 'config.yaml')
    const train = (run: string, ...more: string[]) =>
      [
        'train',
        file,
        'train.steps=3000',
        'monitor.sinkhorn=0',
        '-o',
        join(folder, run),
        '-q',
        ...more,
      ] as const
    const run = join(folder, 'run')
    const work = startTweedie(train('run'))
    while (readdirSafe(join(run)).length === 0 || journalOf(run).length < 3) await sleep(2)
    work.child.kill('SIGINT')
    expect(await work.ended).toBe(130)
    expect(newest(run)).toBe(2) // the first is that of the beginning
    expect(tweedie(train('run', '--resume')).status).toBe(0)
    expect(tweedie(train('undisturbed')).status).toBe(0)
    const prior = (name: string) => readFileSync(join(folder, name, 'checkpoints', 'prior.safetensors'))
    expect(prior('run').equals(prior('undisturbed'))).toBe(true)
    expect(journalOf(run)).toEqual(journalOf(join(folder, 'undisturbed')))
  }, 120_000)
})

const readdirSafe = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

describe('a run of another version or configuration', () => {
  it('is refused in one line, with code 2 and untouched', () => {
    const { folder, learn } = setUp(experiments[0].config)
    const short = [...learn('run'), 'em.laps=1', 'train.steps=2', 'monitor.samples=0', 'monitor.sinkhorn=0']
    expect(tweedie(short).status).toBe(0)
    const run = join(folder, 'run')
    const before = readFileSync(join(run, 'journal.jsonl'), 'utf8')
    const other = tweedie([...short, 'em.draws=3', '--resume'])
    expect([other.status, other.stderr]).toEqual([
      2,
      `tweedie: ${run}/config.yaml: field 'em.draws' is 2, got 3; resume with the run's own configuration\n`,
    ])
    writeFileSync(join(run, 'run.json'), '{"format":"tweedie-run","version":99}\n')
    const version = tweedie([...short, '--resume'])
    expect([version.status, version.stderr]).toEqual([
      2,
      `tweedie: ${run}/run.json: the run has format version 99, this tweedie reads version 1\n`,
    ])
    expect(readFileSync(join(run, 'journal.jsonl'), 'utf8')).toBe(before)
    expect(existsSync(join(run, 'lock'))).toBe(false)
  }, 60_000)
})
