import { describe, expect, test } from 'vitest'
import { meshNamed, sphereValid } from '../../../src/datasets/index.ts'
import { centralInterval, meanOverDraws, stdOverDraws } from '../../../src/diagnose/index.ts'
import { plainView, type View } from '../../../src/observations/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import {
  clay,
  type Restoration,
  renderCloud,
  restoredPart,
  unobservedColor,
} from '../../../src/report/index.ts'
import { full, NdArray, ndarray } from '../../../src/tensor/index.ts'

/** K draws of N signals about 3, all of which was observed. */
const restoration = (K: number, N: number, event: readonly number[]): Restoration => {
  const draws = normal(stream(0, 'draws'), [K, N, ...event])
  for (let i = 0; i < draws.size; i++) draws.data[i] += 3
  const mean = meanOverDraws(draws)
  return { y: mean, draws, mean, ...(K > 1 ? { std: stdOverDraws(draws) } : {}), range: [0, 6] }
}

const shown = (view: View, given: Restoration): string => restoredPart(view, given).body.markup

const count = (markup: string, pattern: RegExp): number => [...markup.matchAll(pattern)].length

/** Heads of the columns of strips. */
const columns = (markup: string): string[] =>
  [...markup.matchAll(/<th scope="col"[^>]*>([^<]*)</g)].map(([, name]) => name)

describe('series', () => {
  const given = restoration(19, 2, [3, 24])

  test('are a fan chart each, named, with two bands, the mean and what was seen', () => {
    const mask = full([2, 3, 24], 1)
    mask.data.fill(0, 0, 10)
    const markup = shown(plainView([3, 24]), { ...given, mask })
    expect(count(markup, /<svg /g)).toBe(6)
    expect(markup).toContain('observation 2, channel 3')
    expect(count(markup, /class="area"/g)).toBe(12)
    expect(count(markup, /class="seen"/g)).toBe(6 * 24 - 10)
    expect(markup).not.toContain('truth')
  })

  test('have bands that end where 90 % and 50 % of the draws do', () => {
    // One entry of which the draws are 0 … 18, between others that are constant: the axis is 0 … 20.
    const draws = ndarray(Array.from({ length: 19 }, (_, k) => [0, k, 20]).flat(), [19, 1, 3])
    const entries = Array.from({ length: 19 }, (_, k) => k)
    const [low, , high] = centralInterval(entries, 0.9)
    expect([low, high]).toEqual([0, 18])
    const mean = meanOverDraws(draws)
    const markup = shown({ kind: 'signal' }, { y: mean, draws, mean })
    // Bars of the entry in the middle of the frame, from 26 (value 20) to 150 (value 0).
    const ends = [...markup.matchAll(/M185 ([\d.]+)H191V([\d.]+)H185Z/g)].map((m) => m.slice(1).map(Number))
    const y = (v: number) => Math.round(10 * (150 - (v / 20) * 124)) / 10
    const [lower, , upper] = centralInterval(entries, 0.5)
    expect(ends).toEqual([
      [y(0), y(18)],
      [y(lower), y(upper)],
    ])
  })

  test('show nothing outside the domain, and mark what no observation shows', () => {
    const valid = ndarray(Array.from({ length: 24 }, (_, v) => (v >= 8 && v < 12 ? 0 : 1)))
    const never = ndarray(Array.from({ length: 24 }, (_, v) => (v >= 16 && v < 18 ? 1 : 0)))
    const markup = shown({ kind: 'signal' }, { ...given, valid, neverSeen: never })
    expect(count(markup, /class="seen"/g)).toBe(6 * 20)
    const band = /class="area" d="([^"]*)"/.exec(markup)?.[1] ?? ''
    expect(count(band, /M/g)).toBe(2) // in two pieces
    expect(count(markup, /class="never"/g)).toBe(6)
    expect(markup).toContain('in no observation')
  })

  test('are one curve where events have other axes', () => {
    const markup = shown(plainView([2, 2, 3, 4]), restoration(19, 1, [2, 2, 3, 4]))
    expect(count(markup, /<svg /g)).toBe(1)
    expect(count(markup, /class="seen"/g)).toBe(48)
  })

  test('of one draw have no bands, and few draws say that they are few', () => {
    expect(shown({ kind: 'signal' }, restoration(1, 1, [24]))).not.toContain('class="area"')
    expect(shown({ kind: 'signal' }, restoration(5, 1, [24]))).toContain('5 draws')
    expect(shown({ kind: 'signal' }, restoration(19, 1, [24]))).not.toContain('19 draws')
  })

  test('show the truth and another mean beside, as vectors of few entries do', () => {
    const one = restoration(19, 1, [5])
    const markup = shown(
      { kind: 'signal' },
      { ...one, truth: one.mean, others: [{ name: 'kriging', mean: one.mean }] },
    )
    for (const name of ['truth', 'kriging', 'entry']) expect(markup).toContain(name)
    expect(restoredPart({ kind: 'signal' }, one).things).toBe('vectors')
  })
})

describe('images', () => {
  test('of two channels, or a volume of slices, show each as a picture', () => {
    const markup = shown(plainView([2, 8, 8]), restoration(3, 2, [2, 8, 8]))
    expect(columns(markup)).toEqual(['observed', 'mean', 'draw 1', 'draw 2', 'draw 3', 'spread'])
    expect(count(markup, /<img /g)).toBe(4 * 6)
    expect(markup).toContain('2, channel 2')
    expect(markup).toContain('values 0') // a key of grey values
    const slices = shown(plainView([20, 8, 8]), restoration(3, 2, [20, 8, 8]))
    const rows = [...slices.matchAll(/<th scope="row">([^<]*)</g)].map(([, label]) => label)
    expect([rows.length, rows[0], rows.at(-1)]).toEqual([8, '1, channel 1', '1, channel 18'])
  })

  test('of large size are made smaller, and fewer', () => {
    const markup = shown(plainView([1, 256, 256]), restoration(2, 4, [1, 256, 256]))
    expect(count(markup, /width="126" height="126"/g)).toBe(2 * 5)
  })

  test('show others after the spread, and the truth last; one draw has no spread', () => {
    const one = restoration(1, 1, [1, 4, 4])
    const others = [{ name: 'kriging', mean: one.mean }]
    expect(columns(shown({ kind: 'image' }, { ...one, others, truth: one.mean }))).toEqual([
      'observed',
      'mean',
      'draw 1',
      'kriging',
      'truth',
    ])
  })
})

describe('points', () => {
  test('on the sphere are globes, each channel by itself', () => {
    const given = { ...restoration(2, 1, [2, 4144]), valid: sphereValid() }
    const markup = shown({ kind: 'globe', rows: 46, columns: 90 }, given)
    expect(columns(markup)).toEqual(['observed', 'mean', 'draw 1', 'draw 2', 'spread'])
    expect(count(markup, /<img /g)).toBe(2 * 5)
  })

  test('on a mesh are surfaces', () => {
    const vertices = meshNamed('bunny').vertices.shape[0]
    const markup = shown({ kind: 'mesh', mesh: 'bunny' }, restoration(2, 1, [1, vertices]))
    expect(count(markup, /<img /g)).toBe(5)
    expect(restoredPart({ kind: 'mesh', mesh: 'bunny' }, restoration(2, 1, [1, vertices])).things).toBe(
      'surfaces',
    )
  })
})

test("points of one's own are a surface where they have triangles, else discs", () => {
  const points = ndarray([0, 0, 1, 0, 0, 1, 1, 1], [4, 2])
  const faces = new NdArray('int32', [2, 3], Int32Array.from([0, 1, 2, 1, 3, 2]))
  const view = { kind: 'mesh', mesh: 'own' } as const
  for (const mesh of [{ points }, { points, faces }])
    expect(count(shown(view, { ...restoration(2, 1, [1, 4]), mesh }), /<img /g)).toBe(5)
  const cloud = renderCloud(ndarray([0, 0, 0, 1, 1, 0], [2, 3]), [0, Number.NaN], { size: 50 })
  const colour = (row: number, column: number) =>
    [0, 1, 2].map((c) => cloud.data[(c * 50 + row) * 50 + column])
  expect(colour(46, 3).map(Math.fround)).toEqual(clay(0).map(Math.fround)) // below left
  expect(colour(3, 46).map(Math.fround)).toEqual(unobservedColor.map(Math.fround))
  expect(colour(25, 25)).toEqual([1, 1, 1])
})

test('arrays that do not fit are refused', () => {
  const given = restoration(2, 2, [1, 4, 4])
  const other = { ...given, truth: new NdArray('float32', [1, 1, 4, 4], new Float32Array(16)) }
  expect(() => restoredPart({ kind: 'image' }, other)).toThrow(/do not fit/)
})
