/** `tweedie hold-out` and `tweedie calibrate`, on pixels whose posterior is known; and repaired intervals. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { centralInterval } from '../../src/diagnose/index.ts'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import {
  keptEntries,
  maskedBy,
  readObservations,
  unchanged,
  writeObservations,
} from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'
import { tweedie } from './tweedie.ts'

const folder = mkdtempSync(join(tmpdir(), 'calibrate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)

const [n, k] = [150, 19]
const shape = [n, 1, 6, 6]
const [level, sigma] = [0.15, 0.05]

/** Draws of the posterior of pixels N(0.5, level²) given a set of masked ones, `sd(entry)` times as wide. */
const drawsFor = (file: string, sd: (entry: number) => number): NdArray<'float32'> => {
  const set = readObservations(file)
  const mask = keptEntries(set)?.data
  const noise = set.noise
  const gain = level ** 2 / (level ** 2 + noise ** 2)
  const z = normal(stream(9, 'z'), [k, ...shape])
  const values = z.data.map((v, j) => {
    const i = j % set.y.size
    const width = sd(i % 36) * v
    if (mask && mask[i] === 0) return 0.5 + level * width
    return 0.5 + gain * (set.y.data[i] - 0.5) + Math.sqrt(gain) * noise * width
  })
  return new NdArray('float32', z.shape, values)
}

const json = (...args: string[]) => {
  const { status, stdout, stderr } = tweedie(...args, '--json', '--quiet')
  expect([status, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

beforeAll(() => {
  const x = normal(stream(0, 'x'), shape).data.map((v) => 0.5 + level * v)
  const mask = toNumbers(bernoulli(stream(0, 'mask'), 0.5, shape))
  const e = normal(stream(0, 'e'), shape).data
  const y = x.map((v, i) => v + sigma * e[i])
  writeArrays(at('truth.npz'), { x: new NdArray('float32', shape, x) })
  const set = { noise: sigma, range: [0, 1] } as const
  writeObservations(at('mask.npz'), {
    ...set,
    y: new NdArray(
      'float32',
      shape,
      y.map((v, i) => mask[i] * v),
    ),
    operator: maskedBy(ndarray(mask, shape), [1, 6, 6]),
  })
  writeObservations(at('noisy.npz'), {
    ...set,
    y: new NdArray('float32', shape, y),
    operator: unchanged([1, 6, 6]),
  })
  writeArrays(at('left.npy'), {
    labels: ndarray(
      Array.from({ length: 36 }, (_, i) => (i % 6 < 3 ? 1 : 2)),
      [6, 6],
    ),
  })
})

/** The factor of a level, of a repair as --json prints it. */
const factorOf = (levels: { level: number; factor: number }[], wanted: number): number =>
  levels.find((l) => l.level === wanted)?.factor ?? Number.NaN

describe('tweedie calibrate without truth', () => {
  it('finds from held-out pixels by how much draws are too narrow', () => {
    const split = json(
      'hold-out',
      at('mask.npz'),
      '-o',
      at('given.npz'),
      '--held',
      at('held.npz'),
      '--share',
      '0.3',
    )
    expect(split).toMatchObject({ kind: 'entries', observations: n })
    writeArrays(at('narrow.npz'), { draws: drawsFor(at('given.npz'), () => 0.6) })
    const repair = json('calibrate', at('narrow.npz'), '--held', at('held.npz'))
    expect(repair).toMatchObject({ from: 'held', noise: sigma, path: at('narrow-calibration.json') })
    const known = json(
      'calibrate',
      at('narrow.npz'),
      '--truth',
      at('truth.npz'),
      '--observations',
      at('given.npz'),
    )
    for (const wanted of [0.5, 0.8, 0.9]) {
      expect(Math.abs(factorOf(repair.levels, wanted) * 0.6 - 1)).toBeLessThan(0.15)
      expect(Math.abs(factorOf(repair.levels, wanted) / factorOf(known.levels, wanted) - 1)).toBeLessThan(
        0.15,
      )
    }
    const { stdout } = tweedie('calibrate', at('narrow.npz'), '--held', at('held.npz'))
    expect(stdout).toContain('of what was never seen it says nothing')
  })

  it('finds it from noise that was split, where nothing is deleted', () => {
    const split = json(
      'hold-out',
      at('noisy.npz'),
      '-o',
      at('first.npz'),
      '--held',
      at('second.npz'),
      '--share',
      '0.5',
    )
    expect(split).toMatchObject({ kind: 'noise' })
    expect(split.noise.given).toBeCloseTo(sigma * Math.SQRT2, 6)
    writeArrays(at('split.npz'), { draws: drawsFor(at('first.npz'), () => 0.5) })
    const repair = json('calibrate', at('split.npz'), '--held', at('second.npz'))
    expect(repair.noise).toBeUndefined()
    expect(Math.abs(factorOf(repair.levels, 0.9) * 0.5 - 1)).toBeLessThan(0.15)
  })

  it('holds out samples of k-space, and says so; every sample is in one of the two parts', () => {
    json(
      'observe',
      'mnist',
      ...['--operator', 'fourier', 'acceleration=3', '--noise', '0.1'],
      ...['--count', '6', '-o', at('kspace.npz')],
    )
    const { stdout } = tweedie(
      'hold-out',
      at('kspace.npz'),
      '-o',
      at('k-given.npz'),
      '--held',
      at('k-held.npz'),
    )
    expect(stdout).toMatch(/20 % of the samples of k-space that not all observations have are held out/)
    const [all, given, held] = ['kspace', 'k-given', 'k-held'].map((name) =>
      toNumbers(readObservations(at(`${name}.npz`)).operator.parameters.mask),
    )
    expect(given.map((seen, i) => seen + held[i])).toEqual(all)
    expect(held).toContain(1)
  })
})

describe('tweedie calibrate --by', () => {
  it('gives each region its own factor, from truth and from held-out pixels', () => {
    json('hold-out', at('mask.npz'), '-o', at('given.npz'), '--held', at('held.npz'), '--share', '0.3')
    writeArrays(at('sides.npz'), { draws: drawsFor(at('given.npz'), (entry) => (entry % 6 < 3 ? 0.5 : 1)) })
    const by = ['--by', at('left.npy')]
    for (const from of [
      ['--truth', at('truth.npz'), '--observations', at('given.npz')],
      ['--held', at('held.npz')],
    ]) {
      const { regions } = json('calibrate', at('sides.npz'), ...from, ...by)
      const [left, right] = regions.factors.map(
        ({ levels }: { levels: { level: number; factor: number }[] }) => factorOf(levels, 0.8),
      )
      expect(Math.abs(left * 0.5 - 1)).toBeLessThan(0.15)
      expect(Math.abs(right - 1)).toBeLessThan(0.15)
    }
  })
})

describe('repaired draws', () => {
  it('have intervals by region, and every page says so first', () => {
    const fixtures = join(import.meta.dirname, '../fixtures-0.1')
    cpSync(join(fixtures, 'priors/digits'), at('digits'), { recursive: true })
    mkdirSync(join(at('digits'), 'draws'))
    const set = join(fixtures, 'sets/mask.npz')
    const drawn = ['-n', '12', '--steps', '4'] as const
    json('sample', at('digits'), set, ...drawn)
    const { draws } = readArrays(join(at('digits'), 'draws/posterior.npz'))
    const [, count, ...event] = draws.shape
    const size = draws.size / 12
    writeArrays(at('clean.npy'), {
      x: new NdArray(
        'float32',
        [count, ...event],
        Float32Array.from(toNumbers(draws).slice(0, size), (v) => 1.2 * v),
      ),
    })
    const half = Array.from({ length: size / count }, (_, i) => Math.floor((2 * i * count) / size))
    writeArrays(at('half.npy'), { labels: ndarray(half, event) })
    const truth = ['--truth', at('clean.npy')] as const
    const repair = json('calibrate', at('digits'), ...truth, '--by', at('half.npy'))
    const facts = json('sample', at('digits'), set, ...drawn, '--calibrated')
    expect(facts.calibrated).toContain('and by 2 regions')
    const { lower50, upper50, calibration } = readArrays(join(at('digits'), 'draws/posterior.npz'))
    expect(calibration.shape).toEqual([6, 3])
    const entry = 3 // of the first region
    const sorted = Array.from({ length: 12 }, (_, j) => Number(draws.data[j * size + entry])).sort(
      (a, b) => a - b,
    )
    const [, median, high] = centralInterval(sorted, 0.5)
    const [{ levels }] = repair.regions.factors
    expect(Number(upper50.data[entry])).toBeCloseTo(median + factorOf(levels, 0.5) * (high - median), 5)
    expect(lower50.shape).toEqual([count, ...event])

    const first = 'The intervals of these draws are repaired (50 % × '
    const { stdout } = tweedie('diagnose', at('digits'), ...truth)
    expect(stdout.startsWith(first)).toBe(true)
    expect(stdout).toContain('by 2 regions')
    expect(stdout).toMatch(/Repaired intervals: \d\d % intervals/)
    expect(readFileSync(join(at('digits'), 'diagnosis.html'), 'utf8')).toContain(`<p class="lead">${first}`)
    const report = tweedie('report', at('digits'), '--observations', set)
    expect(report.stdout.startsWith(first)).toBe(true)
    expect(readFileSync(join(at('digits'), 'report.html'), 'utf8')).toContain(`<p class="lead">${first}`)
  })
})

describe('a repair that cannot be', () => {
  beforeAll(() => writeArrays(at('any.npz'), { draws: drawsFor(at('mask.npz'), () => 1) }))

  it.each<[string[], string]>([
    [['calibrate', 'any.npz'], 'give --truth (and --observations), or --held alone'],
    [['calibrate', 'any.npz', '--held', 'mask.npz', '--truth', 'truth.npz'], 'or --held alone'],
    [['calibrate', 'any.npz', '--held', 'noisy.npz', '--by', 'left.npy'], '--by: with --held only where'],
    [['calibrate', 'any.npz', '--truth', 'truth.npz', '--by', 'truth.npz'], 'labels should be [1,6,6]'],
    [['hold-out', 'mask.npz', '-o', 'a.npz', '--held', 'a.npz'], 'must be two files'],
    [
      ['hold-out', 'mask.npz', '-o', 'a.npz', '--held', 'b.npz', '--share', '0'],
      'share must be in (0, 1), got 0',
    ],
  ])('is refused in one line: %j', (args, words) => {
    const { status, stderr } = tweedie(...args.map((arg) => (/\.np[yz]$/.test(arg) ? at(arg) : arg)))
    expect([status, stderr.trim().split('\n').length]).toEqual([2, 1])
    expect(stderr).toContain(words)
    expect(existsSync(at('a.npz'))).toBe(false)
  })
})
