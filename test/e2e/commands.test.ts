/** The line of commands from clean data to draws, as programs use it: with --json. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodePng, readArrays } from '../../src/formats/index.ts'
import { readObservations } from '../../src/observations/index.ts'
import { toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'
import { startTweedie, tweedie } from './built.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-commands-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a command with --json: one object on stdout, JSON lines of progress on stderr. */
const json = (...args: string[]) => {
  const { status, stdout, stderr } = tweedie([...args, '--json'], { cwd: folder })
  expect([status, stderr.split('\n').filter((line) => line.startsWith('tweedie:'))]).toEqual([0, []])
  for (const line of stderr.split('\n').filter(Boolean)) expect(JSON.parse(line)).toHaveProperty('phase')
  expect(stdout).toMatch(/^\{.*\}\n$/)
  return JSON.parse(stdout)
}

const config = `
net: { kind: unet, channels: [4, 4], blocks: [1, 1], emb: 8, unshuffle: 2 }
gaussian: { rank: 4, iterations: 2 }
em: { laps: 1, batch: 16, sampling: { steps: 3 } }
train: { steps: 4, batch: 8 }
monitor: { samples: 4, steps: 3 }
`

describe('the commands', () => {
  beforeAll(() => {
    writeFileSync(join(folder, 'config.yaml'), config)
  })

  it('observe makes a set, and keeps the truth when asked', () => {
    const facts = json(
      ...['observe', 'mnist', '--split', 'test', '--skip', '10', '--count', '20', '--keep', '0.4'],
      ...['--noise', '0.1', '-o', 'set.npz', '--truth', 'truth.npy'],
    )
    expect(facts).toMatchObject({
      path: 'set.npz',
      observations: 20,
      shape: [1, 28, 28],
      operator: 'mask',
      noise: 0.1,
    })
    expect(facts.observed).toBeCloseTo(0.4, 1)
    const { y, operator } = readObservations(join(folder, 'set.npz'))
    const { truth } = readArrays(join(folder, 'truth.npy'))
    expect([y.shape, truth.shape, operator.name]).toEqual([[20, 1, 28, 28], [20, 1, 28, 28], 'mask'])
    const others = json(...'observe mnist --split test --skip 10 --count 20 --seed 7 -o other.npz'.split(' '))
    expect(others.operator).toBe('mask')
    expect(readObservations(join(folder, 'other.npz')).y.data).not.toEqual(y.data)
  })

  it('learn and train make priors, with samples of each lap', () => {
    const learned = json('learn', 'config.yaml', 'data.observations=set.npz', '-o', 'learned', '--seed', '5')
    expect(learned).toMatchObject({ path: 'learned', observations: 20, laps: 1 })
    expect(readFileSync(join(folder, 'learned/config.yaml'), 'utf8')).toMatch(/^seed: 5$/m)
    expect(readdirSync(join(folder, 'learned/draws'))).toEqual(['prior-lap-000.npz', 'prior-lap-001.npz'])
    const trained = json('train', 'config.yaml', 'data.clean=truth.npy', '-o', 'trained')
    expect(trained).toMatchObject({ path: 'trained', items: 20, steps: 4 })
    for (const { prior } of [learned, trained]) expect(existsSync(join(folder, prior))).toBe(true)
    expect(json('info', 'learned')).toMatchObject({ kind: 'run', events: { lap: 2, loss: 1 } })
  }, 60_000)

  it('train goes on from what was learned from observations', () => {
    const train = (out: string, ...more: string[]) => [
      ...['train', 'config.yaml', 'data.clean=truth.npy', 'train.rate.from=1e-6', '-o', out, ...more],
    ]
    json(...train('further', 'start=learned'))
    const weights = (run: string) =>
      toNumbers(readArrays(join(folder, run, 'checkpoints/prior.safetensors'))['params.head.weight'])
    const apart = (a: readonly number[], b: readonly number[]) =>
      Math.max(...a.map((v, i) => Math.abs(v - b[i])))
    expect(apart(weights('further'), weights('learned'))).toBeLessThan(1e-4)
    expect(apart(weights('trained'), weights('learned'))).toBeGreaterThan(1e-4)
    const odd = tweedie(train('odd', 'start=learned', 'net.channels=[8]', 'net.blocks=[1]'), { cwd: folder })
    expect(odd.status).toBe(2)
    expect(odd.stderr).toMatch(/start: 'learned' has another network/)
  })

  it('the Gaussian start is a prior of its own, whatever its network says', () => {
    const start = 'learned/checkpoints/gaussian-start.safetensors'
    json('sample', start, '-n', '4', '--steps', '3', '--seed', '5', '-o', 'start.npz')
    const [again, first] = ['start.npz', 'learned/draws/prior-lap-000.npz'].map(
      (name) => readArrays(join(folder, name)).x,
    )
    expectClose(toNumbers(again), toNumbers(first), 1e-5)
  })

  it('sample gives the same draws for the same seed, in any batch', () => {
    const sample = (out: string, ...more: string[]) => {
      json('sample', 'learned', 'set.npz', '--count', '5', '-n', '3', '--steps', '4', '-o', out, ...more)
      return readArrays(join(folder, out))
    }
    const first = sample('a.npz')
    expect(first.draws.shape).toEqual([3, 5, 1, 28, 28])
    expect(sample('b.safetensors').draws.data).toEqual(first.draws.data)
    expectClose(toNumbers(sample('c.npz', '--batch', '2').draws), toNumbers(first.draws), 1e-5)
    expect(sample('d.npz', '--seed', '1').draws.data).not.toEqual(first.draws.data)
    const draws = toNumbers(first.draws)
    const size = draws.length / 3
    const at = (i: number) => [0, 1, 2].map((k) => draws[k * size + i])
    expectClose(
      toNumbers(first.mean),
      Array.from({ length: size }, (_, i) => at(i).reduce((a, b) => a + b, 0) / 3),
      1e-5,
    )
  }, 60_000)

  it('calibrate repairs intervals of like draws, and of no others', () => {
    const drawn = ['-n', '8', '--steps', '4'] as const
    json('sample', 'learned', 'set.npz', ...drawn)
    const repair = json('calibrate', 'learned', '--truth', 'truth.npy', '--observations', 'set.npz')
    expect(repair).toMatchObject({ kind: 'calibration', draws: 8, path: join('learned', 'calibration.json') })
    const facts = json('sample', 'learned', 'set.npz', ...drawn, '--calibrated', '-o', 'repaired.npz')
    expect(facts.calibrated).toMatch(/^50 % × \d/)
    const { lower50, upper50, mean } = readArrays(join(folder, 'repaired.npz'))
    expect([lower50.shape, upper50.shape]).toEqual([mean.shape, mean.shape])
    expect(toNumbers(lower50).every((low, i) => low <= Number(upper50.data[i]))).toBe(true)
    const alone = ['sample', 'learned', '-n', '4', '--calibrated', '-o', 'x.npz']
    expect(tweedie(alone, { cwd: folder }).stderr).toContain('--calibrated goes with observations')
    const other = ['sample', 'learned', 'set.npz', '-n', '4', '--calibrated', '-o', 'x.npz']
    expect(tweedie(other, { cwd: folder }).stderr).toContain(
      'is of 8 draws of each observation, 4 are asked for',
    )
  }, 60_000)

  it('sample draws from a prior alone, and writes pictures', () => {
    const facts = json('sample', 'trained', '-n', '3', '--steps', '4', '--images')
    expect(facts).toMatchObject({ path: 'trained/draws/prior.npz', shape: [3, 1, 28, 28], pictures: 3 })
    const picture = join(folder, 'trained/draws/prior-x-002.png')
    expect(decodePng(readFileSync(picture), picture).shape).toEqual([1, 28, 28])
  })

  it('report writes a page of a run alone, and of its draws', () => {
    expect(json('report', 'trained')).toEqual({ path: 'trained/report.html' })
    const facts = json(
      ...['report', 'learned', '--draws', 'a.npz', '--observations', 'set.npz'],
      ...['--truth', 'truth.npy', '--baselines', 'none', '-o', 'page.html'],
    )
    expect(facts.path).toBe('page.html')
    expect(facts.baselines.map(([name]: string[]) => name)).toEqual(['draws of the run'])
    expect(readFileSync(join(folder, 'page.html'), 'utf8')).toMatch(/PSNR[\s\S]*Next: /)
  })

  it('sample writes the report with its figures beside all baselines, which the page names first', () => {
    const facts = json(
      ...'sample learned set.npz -n 3 --steps 3 --count 3 --truth truth.npy --report'.split(' '),
    )
    const names = facts.baselines.map(([name]: string[]) => name)
    expect(names).toEqual([
      'draws of the run',
      'nearest seen entry',
      'linear interpolation',
      'kriging',
      'Gaussian by EM',
      'total variation',
      'Tikhonov',
    ])
    const page = readFileSync(join(folder, 'learned/report.html'), 'utf8')
    expect(page).toMatch(/class="lead">A simple baseline wins: RMSE of /) // it has learned next to nothing
    const { status, stderr } = tweedie(['sample', 'learned', 'set.npz', '--truth', 'truth.npy'], {
      cwd: folder,
    })
    expect([status, stderr]).toEqual([2, 'tweedie: --truth goes with --report\n'])
  }, 60_000)

  it('any operator goes the same way: from the configuration, or from a set, to draws and their page', () => {
    const learned = json(
      ...['learn', 'config.yaml', 'data.clean=truth.npy', 'data.observe.operator.kind=blur'],
      ...['data.observe.operator.sigma=0.8', '-o', 'blurred'],
    )
    expect(learned).toMatchObject({ observations: 20, laps: 1 })
    const facts = json(...'observe truth.npy factor=4 --operator pool --noise 0.02 -o small.npz'.split(' '))
    expect(facts).toMatchObject({ operator: 'pool', settings: { factor: 4 }, blind: false, shape: [1, 7, 7] })
    expect(json('info', 'small.npz').metadata.operator).toMatch(/^{"name":"pool","event":\[1,28,28\]/)
    json(...'sample learned small.npz --draws 2 --steps 3 --count 3 -o sharp.npz'.split(' '))
    expect(readArrays(join(folder, 'sharp.npz')).draws.shape).toEqual([2, 3, 1, 28, 28])
    json(
      ...['report', 'learned', '--draws', 'sharp.npz', '--observations', 'small.npz'],
      ...['--truth', 'truth.npy', '-o', 'sharp.html'],
    )
    expect(readFileSync(join(folder, 'sharp.html'), 'utf8')).toMatch(/All entries against the truth/)
  }, 60_000)

  it('sample says when observations are of data in another range than those of the prior', () => {
    json(...'observe truth.npy --range=-1,1 --count 2 -o other-range.npz'.split(' '))
    const { status, stderr } = tweedie(
      'sample learned other-range.npz --draws 2 --steps 2 -o other-draws.npz'.split(' '),
      { cwd: folder },
    )
    expect(status).toBe(0)
    expect(stderr).toContain(
      'other-range.npz: of data in [-1,1]; they are taken to be in [0,1], as those of the prior',
    )
  }, 60_000)

  it('a device that is not there is missed before a run is made', () => {
    const { status, stderr } = tweedie(
      ['learn', 'config.yaml', 'data.observations=set.npz', '-o', 'elsewhere', '--device', 'cuda'],
      { cwd: folder },
    )
    if (status === 0) return // there is one
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^tweedie: device 'cuda' is not available here .*\n$/),
    ])
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false)
  })

  it('an interrupted sample leaves with 130 and writes nothing', async () => {
    const work = startTweedie(['sample', 'learned', 'set.npz', '-n', '2000', '-o', 'never.npz', '--json'], {
      cwd: folder,
    })
    while (!work.stderr().includes('sampling') && work.child.exitCode === null) await sleep(5)
    work.child.kill('SIGINT')
    expect(await work.ended).toBe(130)
    expect(work.stderr()).toMatch(/\ntweedie: sampling was interrupted\n$/)
    expect([work.stdout(), existsSync(join(folder, 'never.npz'))]).toEqual(['', false])
  })
})
