import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import { maskedBy, unchanged, writeObservations } from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'
import { tweedie } from './tweedie.ts'

const folder = mkdtempSync(join(tmpdir(), 'diagnose-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const fixture = (name: string) => join(import.meta.dirname, '../fixtures-0.1', name)

const [n, k] = [120, 19]
const shape = [n, 1, 6, 6]
const [level, sigma] = [0.15, 0.05]

/**
 * Pixels N(0.5, 0.15²), half of them seen with noise 0.05: draws of the exact posterior, or `sd` times as
 * wide.
 */
beforeAll(() => {
  const x = normal(stream(0, 'x'), shape).data.map((z) => 0.5 + level * z)
  const mask = toNumbers(bernoulli(stream(0, 'mask'), 0.5, shape))
  const e = normal(stream(0, 'e'), shape).data
  const y = x.map((v, i) => mask[i] * (v + sigma * e[i]))
  const gain = level ** 2 / (level ** 2 + sigma ** 2)
  const z = normal(stream(0, 'z'), [k, ...shape])
  const drawsOf = (sd: number) =>
    z.data.map((v, j) => {
      const i = j % x.length
      return mask[i] ? 0.5 + gain * (y[i] - 0.5) + sd * Math.sqrt(gain) * sigma * v : 0.5 + sd * level * v
    })
  writeArrays(at('truth.npz'), { x: new NdArray('float32', shape, x) })
  writeArrays(at('draws.npz'), { draws: new NdArray('float32', z.shape, drawsOf(1)) })
  writeArrays(at('narrow.npz'), { draws: new NdArray('float32', z.shape, drawsOf(0.6)) })
  writeArrays(at('y.npy'), { y: normal(stream(0, 'y'), [7, 1]) })
  writeArrays(at('two.npz'), { a: normal(stream(0, 'y'), [7, 1]), b: normal(stream(0, 'y'), [7, 1]) })
  writeArrays(at('small.npz'), { x: normal(stream(0, 'small'), [n, 1, 3, 3]) })
  writeObservations(at('few.npz'), {
    y: normal(stream(0, 'few'), [3, 1, 6, 6]),
    operator: unchanged([1, 6, 6]),
    noise: 1,
    range: [0, 1],
  })
  const set = { y: new NdArray('float32', shape, y), noise: sigma, range: [0, 1] } as const
  writeObservations(at('set.npz'), { ...set, operator: maskedBy(ndarray(mask, shape), [1, 6, 6]) })
})

describe('tweedie diagnose', () => {
  test('finds no fault in exact draws, and writes its page beside them', () => {
    const args = ['--observations', at('set.npz'), '--truth', at('truth.npz'), '--json']
    const { status, stdout } = tweedie('diagnose', at('draws.npz'), ...args)
    expect(status).toBe(0)
    const result = JSON.parse(stdout)
    expect(result.findings.map((f: { verdict: string }) => f.verdict)).not.toContain('miscalibrated')
    expect(result).toMatchObject({ path: at('draws-diagnosis.html'), problems: n, draws: k })
    expect(Math.abs(result.residuals.ratio - 1)).toBeLessThan(4 * result.residuals.standardError)
    expect(Object.keys(result.sbc)).toContain('misfit')
    expect(Object.keys(result.ranks.quantities)).toEqual(Object.keys(result.sbc))
    for (const ranks of [...Object.values<number[]>(result.ranks.quantities), result.ranks.tarp]) {
      expect(ranks).toHaveLength(n)
      expect(Math.min(...ranks)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...ranks)).toBeLessThanOrEqual(result.ranks.draws)
    }
    expect(result.pitStandardErrors).toHaveLength(result.pit.length)
    expect(readFileSync(at('draws-diagnosis.html'), 'utf8')).toContain('<h2>Ranks</h2>')
  })

  test('says in words that draws are too narrow', () => {
    const { status, stdout } = tweedie(
      ...['diagnose', at('narrow.npz'), '--truth', at('truth.npz'), '-o', at('page.html')],
    )
    expect(status).toBe(0)
    expect(stdout).toMatch(/^MISCALIBRATED {2}Intervals of single entries: .*overconfident\.$/m)
    expect(stdout).toContain(`written  ${at('page.html')}`)
  })

  test('takes parameters of another program, draws second, and what they were given', () => {
    const [problems, draws] = [300, 25]
    const theta = normal(stream(1, 'theta'), [problems, 2])
    const x = normal(stream(1, 'x'), [problems, 2]).data.map((z, i) => theta.data[i] + z)
    const z = normal(stream(1, 'z'), [problems, draws, 2])
    const of = (sd: number) =>
      z.data.map((v, i) => x[Math.floor(i / (2 * draws)) * 2 + (i % 2)] / 2 + sd * Math.SQRT1_2 * v)
    writeArrays(at('theta.npy'), { theta })
    writeArrays(at('x.npy'), { x: new NdArray('float32', [problems, 2], x) })
    writeArrays(at('samples.npz'), { samples: new NdArray('float64', z.shape, Float64Array.from(of(1))) })
    writeArrays(at('narrow-samples.npy'), { s: new NdArray('float32', z.shape, of(0.5)) })
    const judged = (file: string) => {
      const args = ['--truth', at('theta.npy'), '--given', at('x.npy'), '--json']
      const { status, stdout, stderr } = tweedie('diagnose', at(file), ...args)
      expect([status, stderr]).toEqual([0, ''])
      return JSON.parse(stdout)
    }
    const right = judged('samples.npz')
    expect(right).toMatchObject({ problems, draws })
    expect(right.findings.map((f: { verdict: string }) => f.verdict)).not.toContain('miscalibrated')
    expect(right.findings.every((f: { blind: string }) => f.blind.length > 10)).toBe(true)
    const narrow = judged('narrow-samples.npy')
    expect(narrow.findings.map((f: { verdict: string }) => f.verdict)).toContain('miscalibrated')
    expect(narrow.cells.pValue).toBeLessThan(0.01)
    expect(right.crps).toBeLessThan(narrow.crps)
  })

  test('ranks log q of the truth among that of its draws, in the axes of the draws', () => {
    const [problems, draws] = [200, 19]
    const theta = normal(stream(2, 'theta'), [problems, 1])
    const z = normal(stream(2, 'z'), [problems, draws, 1])
    // The sampler's density is N(0, 1), as the truth's; a flat one that draws N(0, 2²) is found out.
    const judged = (name: string, sd: number) => {
      const x = z.data.map((v) => sd * v)
      const logq = (values: Float32Array) => values.map((v) => -((v / sd) ** 2) / 2)
      const samples = new NdArray('float32', z.shape, x)
      const density = new NdArray('float32', [problems, draws], logq(x))
      const logqTruth = new NdArray('float32', [problems], logq(theta.data))
      writeArrays(at(name), { samples, logq: density, logqTruth })
      const { stdout } = tweedie('diagnose', at(name), '--truth', at('theta1.npy'), '--json')
      const { findings } = JSON.parse(stdout)
      return findings.find((f: { name: string }) => f.name === 'Density regions (HPD)').verdict
    }
    writeArrays(at('theta1.npy'), { theta })
    expect([judged('right.npz', 1), judged('wide.npz', 2)]).toEqual(['calibrated', 'miscalibrated'])
    const logq = new NdArray('float32', [problems, 3], new Float32Array(3 * problems))
    const odd = {
      samples: z,
      logq,
      logqTruth: new NdArray('float32', [problems], new Float32Array(problems)),
    }
    writeArrays(at('odd.npz'), odd)
    const { status, stderr } = tweedie('diagnose', at('odd.npz'), '--truth', at('theta1.npy'))
    expect([status, stderr]).toEqual([2, expect.stringContaining("'logq' [200,3] and 'logqTruth' [200]")])
  })

  test('compares with draws of another method, given the same observations', () => {
    const [prior, set] = [fixture('priors/points'), fixture('sets/mask-points.npz')]
    const [a, b] = [at('mmps.npz'), at('far.npz')]
    expect(tweedie('sample', prior, set, '-n', '6', '--steps', '8', '--seed', '1', '-o', a).status).toBe(0)
    const { draws } = readArrays(a)
    writeArrays(b, {
      draws: new NdArray(
        'float32',
        draws.shape,
        Float32Array.from(toNumbers(draws), (v) => v + 2),
      ),
    })
    const judged = (file: string) => {
      const reference = ['--reference', 'mmps', '--reference-steps', '8', '--reference-count', '3']
      const args = ['--observations', set, '--prior', prior, ...reference, '-o', at('page.html')]
      const { status, stdout, stderr } = tweedie('diagnose', file, ...args, '--json')
      expect([status, stderr]).toEqual([0, expect.stringContaining('drawing the reference')])
      return JSON.parse(stdout).reference
    }
    const [same, far] = [judged(a), judged(b)]
    expect(same.problems).toBe(3)
    expect(same.pValue).toBeGreaterThan(0.01)
    expect(far.pValue).toBeLessThan(0.005)
    expect(readFileSync(at('page.html'), 'utf8')).toContain('--reference mmps')
  })

  test('trains classifiers when that is asked for', () => {
    const args = ['--truth', at('theta.npy'), '--given', at('x.npy'), '--classifier', '--json']
    const { status, stdout } = tweedie('diagnose', at('narrow-samples.npy'), ...args)
    expect(status).toBe(0)
    const { findings, classifier } = JSON.parse(stdout)
    expect(findings.at(-1)).toMatchObject({ name: 'Classifier given y', verdict: 'miscalibrated' })
    expect(classifier.local.length).toBe(300)
  })

  test.each<[string[], string]>([
    [['draws.npz'], 'give --observations, --truth or both'],
    [['truth.npz', '--truth', 'truth.npz'], 'the draws [120,1,6,6] are neither [draws, 120, 1,6,6]'],
    [['draws.npz', '--truth', 'small.npz'], 'small.npz: the truth is of 120 × [1,3,3], the draws [19,120,1'],
    [['draws.npz', '--truth', 'truth.npz', '--given', 'y.npy'], 'y.npy: has 7 rows, the draws are of 120'],
    [['two.npz', '--truth', 'truth.npz'], 'two.npz: expected draws as one of draws, samples'],
    [
      ['draws.npz', '--observations', 'few.npz'],
      'few.npz: has 3 observations of signals [1,6,6], the draws are of 120',
    ],
    [['none.npz', '--truth', 'truth.npz'], 'none.npz: cannot read'],
    [['draws.npz', '--truth', 'truth.npz', '--classifier'], '--classifier: needs --truth, and --given'],
    [['draws.npz', '--truth', 'truth.npz', '--reference', 'tds'], '--reference: needs --prior and --observ'],
    [
      ['draws.npz', '--truth', 'truth.npz', '--prior', 'runs/x'],
      '--prior: say with --reference which method',
    ],
  ])('refuses %j in one line', (args, words) => {
    const paths = args.map((arg) => (/\.np[yz]$/.test(arg) ? at(arg) : arg))
    const { status, stderr } = tweedie('diagnose', ...paths, '-o', at('not.html'))
    expect([status, stderr.trim().split('\n').length]).toEqual([2, 1])
    expect(stderr).toContain(words)
    expect(existsSync(at('not.html'))).toBe(false)
  })
})
