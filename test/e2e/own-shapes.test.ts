/** Own fields on the sphere and values on points, from arrays to a report, by the recipes that ship. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { loadPrior } from '../../src/run/index.ts'
import { ndarray, type Shape, toNumbers } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'
import { tweedie } from './built.ts'

const COUNT = 24
type Point = readonly [number, number, number]

/** Rows from pole to pole, columns once around. */
const [ROWS, COLUMNS] = [5, 8]
const onSphere: readonly Point[] = Array.from({ length: ROWS * COLUMNS }, (_, i) => {
  const latitude = Math.PI * (0.5 - Math.floor(i / COLUMNS) / (ROWS - 1))
  const longitude = (2 * Math.PI * (i % COLUMNS)) / COLUMNS
  return [
    Math.cos(latitude) * Math.cos(longitude),
    Math.cos(latitude) * Math.sin(longitude),
    Math.sin(latitude),
  ]
})
const cloud: readonly Point[] = Array.from({ length: 30 }, (_, i) => {
  const [x, y, z] = normal(stream(i, 'point'), [3]).data
  return [x, y, z]
})

/** x = a₀ + a · p at points p, a ~ N(0, I): every entry tells of all others. */
const fields = (points: readonly Point[]): number[] => {
  const a = normal(stream(0, 'a'), [COUNT, 4]).data
  return Array.from({ length: COUNT }, (_, n) =>
    points.map(([x, y, z]) => a[4 * n] + a[4 * n + 1] * x + a[4 * n + 2] * y + a[4 * n + 3] * z),
  ).flat()
}

const NOISE = 0.1
const short = [
  ...['em.laps=2', 'em.sampling.steps=3', 'train.steps=2', 'train.firstSteps=2', 'train.lastSteps=2'],
  ...['gaussian.iterations=3', 'monitor.samples=2', 'monitor.steps=3'],
]

describe.each([
  {
    recipe: 'sphere',
    axes: [ROWS, COLUMNS],
    points: onSphere,
    layout: '--view globe',
    net: { kind: 'sphere', grid: [ROWS, COLUMNS] },
    channels: [8, 8],
    title: 'Restored fields',
  },
  {
    recipe: 'mesh',
    axes: [cloud.length],
    points: cloud,
    layout: '--view mesh --mesh points.npy',
    net: { kind: 'graph', mesh: 'own' },
    channels: [8], // so few points have one level
    title: 'Restored surfaces',
  },
])('own-$recipe', ({ recipe, axes, points, layout, net, channels, title }) => {
  it('learns, restores and reports', () => {
    const cwd = scratch()
    const run = (line: string, ...more: readonly string[]) => {
      const { status, stdout, stderr } = tweedie([...line.split(' '), ...more], { cwd })
      expect([status, stderr.match(/^tweedie: .*/m)?.[0]]).toEqual([0, undefined])
      return { stdout, stderr }
    }
    const save = (name: string, values: readonly number[], shape: Shape) =>
      writeArrays(join(cwd, name), { array: ndarray(values, shape) })
    const x = fields(points)
    const shape = [COUNT, ...axes]
    const mask = toNumbers(bernoulli(stream(0, 'mask'), 0.5, shape))
    const e = normal(stream(0, 'e'), [x.length]).data
    const y = x.map((v, i) => mask[i] * (v + NOISE * e[i]))
    save('y.npy', y, shape)
    save('mask.npy', mask, shape)
    save('truth.npy', x, shape)
    save('points.npy', points.flat(), [points.length, 3])

    run(`observe y.npy --observed --mask mask.npy --noise ${NOISE} --range=-5,5 ${layout} -o mine.npz`)
    const learned = run('learn mine.npz -o run --minutes 5', `net.channels=[${channels}]`, ...short)
    expect(learned.stderr).toContain(`own-${recipe}.yaml: 24 of 24 observations; network ${net.kind}`)
    expect(parse(readFileSync(join(cwd, 'run/config.yaml'), 'utf8')).net).toMatchObject(net)
    expect(loadPrior(join(cwd, 'run')).event).toEqual([1, points.length])

    const drawing =
      'sample run mine.npz --count 8 -n 19 --steps 8 --report --baselines none --truth truth.npy'
    run(drawing)
    const { mean } = readArrays(join(cwd, 'run/draws/posterior.npz'))
    const error = (value: (i: number) => number) => {
      const hidden = Array.from(mean.data.keys()).filter((i) => !mask[i])
      return Math.sqrt(hidden.reduce((sum, i) => sum + (value(i) - x[i]) ** 2, 0) / hidden.length)
    }
    // Four numbers make a field, of which some twenty entries were seen: hidden ones follow from these.
    expect(error((i) => Number(mean.data[i]))).toBeLessThan(0.5 * error(() => 0))
    expect(readFileSync(join(cwd, 'run/report.html'), 'utf8')).toContain(title)

    const judged = run('diagnose run --observations mine.npz --truth truth.npy')
    expect(judged.stdout).toMatch(/^\S.* Intervals of single entries: 90 % intervals hold the truth in/m)
  }, 120_000)
})
