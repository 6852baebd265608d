/** Judging draws of data with a domain, and by a truth in the axes in which its owner has it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeArrays } from '../../src/formats/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { openRun } from '../../src/run/index.ts'
import { ndarray, type Shape, toNumbers } from '../../src/tensor/index.ts'
import { tweedie } from '../e2e/built.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-domain-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A command in the folder, and its result. */
const json = (line: string) => {
  const { status, stdout, stderr } = tweedie([...line.split(' '), '--json'], { cwd: folder })
  expect([status, stderr.match(/^tweedie: .*/m)?.[0]]).toEqual([0, undefined])
  return JSON.parse(stdout)
}
const save = (name: string, values: readonly number[], shape: Shape) =>
  writeArrays(join(folder, name), { array: ndarray(values, shape) })

const [n, k, rows, columns, sigma] = [80, 19, 4, 6, 0.05]
/** The domain: the first four columns. */
const within = 4
const size = n * rows * columns
const isInside = (i: number): boolean => i % columns < within
const inside = (values: readonly number[]): number[] => values.filter((_, i) => isInside(i))

const x = toNumbers(normal(stream(0, 'x'), [size]))
const mask = toNumbers(bernoulli(stream(0, 'mask'), 0.5, [size]))
const noise = toNumbers(normal(stream(0, 'e'), [size]))
const z = toNumbers(normal(stream(0, 'z'), [k * size]))
const y = x.map((v, i) => mask[i] * (v + sigma * noise[i]))
const gain = 1 / (1 + sigma ** 2)
/** Draws of the exact posterior of x ~ N(0, 1). */
const draws = z.map((v, j) => {
  const i = j % size
  return mask[i] ? gain * y[i] + Math.sqrt(gain) * sigma * v : v
})

beforeAll(() => {
  const cut = [n, 1, rows, within]
  const whole = [n, 1, rows, columns]
  // What lies outside must not count, whatever it is; y may be NaN there.
  const spoiled = (values: readonly number[], value: number) =>
    values.map((v, i) => (isInside(i) ? v : value))
  save('y.npy', spoiled(y, Number.NaN), whole)
  save('mask.npy', mask, whole)
  save('truth.npy', spoiled(x, 90), [n, rows, columns])
  save('draws.npy', draws, [k, ...whole])
  writeArrays(join(folder, 'draws.npz'), { draws: ndarray(spoiled(draws, -70), [k, ...whole]) })
  save('sea.npy', spoiled(Array<number>(rows * columns).fill(1), 0), [rows, columns])
  save('cut-y.npy', inside(y), cut)
  save('cut-mask.npy', inside(mask), cut)
  save('cut-truth.npy', inside(x), [n, rows, within])
  writeArrays(join(folder, 'cut-draws.npz'), { draws: ndarray(inside(draws), [k, ...cut]) })
  const observe = (rest: string) => json(`observe ${rest} --observed --noise ${sigma} --range=-4,4`)
  const made = observe('y.npy --mask mask.npy --domain sea.npy -o set.npz')
  expect(made.domain).toBeCloseTo(2 / 3, 12)
  observe('cut-y.npy --mask cut-mask.npy -o cut.npz')
})

describe('a domain', () => {
  it('is all that diagnose counts: the figures are those of data that were cut to it', () => {
    const judged = (name: string) =>
      json(`diagnose ${name}draws.npz --observations ${name || 'set'}.npz --truth ${name}truth.npy`)
    const whole = judged('')
    const cut = json('diagnose cut-draws.npz --observations cut.npz --truth cut-truth.npy')
    for (const figure of ['crps', 'energyScore'] as const) expect(whole[figure]).toBeCloseTo(cut[figure], 6)
    expect(whole.coverage).toEqual(cut.coverage)
    expect(whole.residuals.ratio).toBeCloseTo(cut.residuals.ratio, 6)
    const verdicts = (of: typeof whole) => of.findings.map((f: { verdict: string }) => f.verdict)
    expect(verdicts(whole)).toEqual(verdicts(cut))
    expect(verdicts(whole)).not.toContain('miscalibrated')
  })

  it('is all that report counts', () => {
    openRun(join(folder, 'run'), { config: {} }).close()
    const { baselines } = json(
      'report run --draws draws.npz --observations set.npz --truth truth.npy --baselines none -o page.html',
    )
    // The mean of the draws against the truth, where the mask hides what lies inside.
    const hidden = [...x.keys()].filter((i) => !mask[i] && isInside(i))
    const squares = hidden.map((i) => {
      const mean = Array.from({ length: k }, (_, d) => draws[d * size + i]).reduce((a, b) => a + b, 0) / k
      return (mean - x[i]) ** 2
    })
    const rmse = Math.sqrt(squares.reduce((a, b) => a + b, 0) / hidden.length)
    expect(baselines.map(([name, value]: string[]) => [name, value])).toEqual([
      ['draws of the run', rmse.toPrecision(3)],
    ])
    const page = readFileSync(join(folder, 'page.html'), 'utf8')
    expect(page).toContain(`(${hidden.length} of ${size.toLocaleString('en')} entries)`)
  })
})

describe('a truth in axes of its own', () => {
  const judged = (truth: string) => json(`diagnose globe-draws.npz --truth ${truth}`)

  it('of a globe is its grid, or its list of points', () => {
    writeArrays(join(folder, 'globe-draws.npz'), { draws: ndarray(draws, [k, n, 1, rows * columns]) })
    save('points.npy', x, [n, 1, rows * columns])
    save('grid.npy', x, [n, rows, columns])
    const points = judged('points.npy')
    expect(points.problems).toBe(n)
    expect(judged('grid.npy').crps).toBe(points.crps)
    save('turned.npy', x, [n, columns, rows / 2, 2])
    const args = ['diagnose', 'globe-draws.npz', '--truth', 'turned.npy']
    const { status, stderr } = tweedie(args, { cwd: folder })
    expect([status, stderr]).toEqual([2, expect.stringContaining('the truth is of 80 × [6,2,2], the draws')])
  })
})
