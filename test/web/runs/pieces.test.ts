/** What the pages of runs are made of, without a page. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Story } from '../../../src/studio/index.ts'
import { besideOf, firstLayout, layoutOf, observationsOf } from '../../../web/runs/array-draws.ts'
import { fieldRows } from '../../../web/runs/configuration.ts'
import { type Field, fieldsOf, type Schema, valueAt, withValue } from '../../../web/runs/new/schema-fields.ts'
import { type Cell, columnsOf, nameOf, sorted } from '../../../web/runs/results/comparison.ts'
import { readingOf } from '../../../web/runs/results/how-to-read.ts'
import { extended, figuresByLap, lapEnds } from '../../../web/runs/story.ts'
import { ago, bytesOf, duration, figureValue, short } from '../../../web/runs/words.ts'

const shipped = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../experiments/${path}`, import.meta.url)), 'utf8')

const story = (x: readonly number[], marks: Story['marks'] = []): Story => ({
  of: '1',
  lines: x.length,
  seconds: 0,
  curves: { loss: { x, y: x } },
  marks,
})

describe('a story that grows', () => {
  it('has the points that came, in their order, and stays of bounded length', () => {
    expect(extended(story([1, 2]), story([3])).curves.loss).toEqual({ x: [1, 2, 3], y: [1, 2, 3] })
    let long = story([])
    for (let i = 0; i < 20_000; i += 10)
      long = extended(long, story(Array.from({ length: 10 }, (_, j) => i + j)))
    expect(long.curves.loss.x.length).toBeLessThanOrEqual(6000)
    expect(long.curves.loss.x.at(-1)).toBe(19_999)
    expect([...long.curves.loss.x].sort((a, b) => a - b)).toEqual(long.curves.loss.x)
  })

  it('has figures by lap: the last of a lap that was judged twice, and those of the Gaussian apart', () => {
    const held = (of: string, lap: number, rmse: number) => ({
      event: 'held',
      at: lap,
      seconds: 0,
      figures: { of, lap, rmse },
    })
    const marks: Story['marks'] = [
      held('gaussian', 0, 9),
      held('network', 2, 5),
      held('network', 1, 7),
      held('network', 2, 4),
      { event: 'divergence', at: 1, seconds: 0, figures: { lap: 0, points: 512, sinkhorn: 0.1 } },
      { event: 'lap', at: 30, seconds: 0, figures: { lap: 1, kept: 64 } },
      { event: 'lap', at: 0, seconds: 0, figures: { lap: 0 } },
    ]
    expect(figuresByLap(marks)).toEqual([
      { name: 'rmse', laps: [1, 2], values: [7, 4], start: 9 },
      { name: 'sinkhorn', laps: [0], values: [0.1], start: undefined },
    ])
    expect(lapEnds(marks)).toEqual([30])
  })
})

describe('configurations side by side', () => {
  it('are fields by path, marked where they differ, unset ones too', () => {
    const rows = fieldRows([
      { seed: 0, net: { kind: 'mlp', hidden: [8, 8] }, em: {} },
      { seed: 0, net: { kind: 'unet' }, em: {} },
    ])
    expect(rows).toEqual([
      { path: 'seed', values: ['0', '0'], differs: false },
      { path: 'net.kind', values: ['mlp', 'unet'], differs: true },
      { path: 'net.hidden', values: ['[8,8]', undefined], differs: true },
      { path: 'em', values: ['{}', '{}'], differs: false },
    ])
  })
})

const flat = (fields: readonly Field[]): Field[] =>
  fields.flatMap((field) => ('fields' in field ? [field, ...flat(field.fields)] : [field]))

const kindsOf = (fields: readonly Field[]) =>
  Object.fromEntries(flat(fields).map(({ path, kind }) => [path.join('.'), kind]))

describe('the form of a schema', () => {
  const schema: Schema = JSON.parse(shipped('schema.json'))

  it('has a field of the right kind for all that an experiment may say', () => {
    const value = parse(shipped('digits.yaml'))
    const kinds = kindsOf(fieldsOf(schema, value))
    expect(kinds).toMatchObject({
      seed: 'number',
      learner: 'choice',
      'data.observe': 'group',
      'data.observe.operator': 'variants',
      'data.observe.operator.keep': 'number',
      net: 'variants',
      'net.channels': 'yaml',
      range: 'yaml',
      'em.edges': 'yaml',
      'em.sampling.shared': 'flag',
      'em.sampling.step': 'text',
      'train.rate.kind': 'choice',
      'monitor.held.share': 'number',
    })
    // Every field that the example sets has its place in the form.
    const leaves = (inner: unknown, path: string[] = []): string[] =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.entries(inner).flatMap(([key, one]) => leaves(one, [...path, key]))
        : [path.join('.')]
    for (const path of leaves(value))
      if (!path.endsWith('.kind') || path in kinds) expect(kinds).toHaveProperty([path])
  })

  it('knows defaults, bounds and what is needed', () => {
    const fields = flat(fieldsOf(schema, {}))
    const at = (path: string) => fields.find((field) => field.path.join('.') === path)
    expect(at('train.batch')).toMatchObject({ otherwise: '64', whole: true, min: 0, required: false })
    expect(at('train.ema')).toMatchObject({ min: 0, max: 1, whole: false })
    expect(at('net')).toMatchObject({ required: true, chosen: undefined, fields: [] })
    expect(at('data.observe.operator')).toMatchObject({ chosen: 'mask' }) // the default kind
    expect(at('seed')).toMatchObject({ max: undefined })
  })

  it('follows the kind that is chosen, of networks and of flows', () => {
    const kinds = kindsOf(fieldsOf(schema, { net: { kind: 'mlp' } }))
    expect(kinds).toHaveProperty(['net.hidden'])
    expect(kinds).not.toHaveProperty(['net.channels'])
    const distill: Schema = JSON.parse(shipped('distill-schema.json'))
    const flow = kindsOf(fieldsOf(distill, parse(shipped('distill/digits.yaml'))))
    expect(flow).toMatchObject({ prior: 'text', flow: 'variants', train: 'group' })
    // A schema of tomorrow: what the form does not know is YAML.
    const odd = { type: 'object', properties: { odd: { anyOf: [{ type: 'string' }] } } } as Schema
    expect(kindsOf(fieldsOf(odd, {}))).toEqual({ odd: 'yaml' })
  })

  it('changes a value in its place, and takes away what is empty', () => {
    const value = { a: 1, net: { kind: 'mlp', emb: 4 }, z: 2 }
    expect(Object.keys(withValue(value, ['net', 'emb'], 8))).toEqual(['a', 'net', 'z'])
    expect(withValue(value, ['net', 'emb'], 8)).toEqual({ a: 1, net: { kind: 'mlp', emb: 8 }, z: 2 })
    expect(withValue({}, ['em', 'sampling', 'steps'], 3)).toEqual({ em: { sampling: { steps: 3 } } })
    expect(withValue({ em: { sampling: { steps: 3 } } }, ['em', 'sampling', 'steps'], undefined)).toEqual({})
    expect(withValue({}, ['data', 'observe'], {})).toEqual({ data: { observe: {} } })
    expect(valueAt(value, ['net', 'kind'])).toBe('mlp')
    expect(valueAt(value, ['a', 'b'])).toBeUndefined()
  })
})

describe('the table of a comparison', () => {
  const cells: Cell[] = [
    {
      method: 'a',
      task: 't',
      draws: 1,
      psnr: 20,
      crps: 0.3,
      coverage: { level: 0.9, share: 0.5 },
      residual: 3,
    },
    {
      method: 'b',
      task: 't',
      draws: 1,
      psnr: 25,
      crps: 0.1,
      coverage: { level: 0.9, share: 0.95 },
      residual: 0.9,
    },
    { method: 'c', task: 't', draws: 1, psnr: 22, settings: { zeta: 0.5 } },
  ]

  it.each([
    ['psnr', 'bca'],
    ['crps', 'bac'],
    ['coverage', 'bac'],
    ['residual', 'bac'],
  ])('by %s has the best first: %s', (key, order) => {
    const column = columnsOf(cells).find((one) => one.key === key)
    expect(
      column &&
        sorted(cells, column)
          .map(({ method }) => method)
          .join(''),
    ).toBe(order)
  })

  it('has the columns that there are, and names with settings', () => {
    expect(columnsOf(cells).map(({ key }) => key)).toEqual(['psnr', 'crps', 'coverage', 'residual'])
    expect(nameOf(cells[2])).toBe('c zeta=0.5')
  })
})

describe('draws of a file', () => {
  const field = (name: string, shape: number[]) => ({ name, dtype: 'float32', shape })

  it('have beside them what fits: truth, observations, intervals, geometry', () => {
    const layout = { field: 'draws', count: 5, observations: 4, event: [1, 8, 8], problems: true }
    const fields = [
      field('draws', [5, 4, 1, 8, 8]),
      field('truth', [3, 1, 8, 8]),
      field('y', [4, 1, 8, 8]),
      field('mask', [1, 1, 8, 8]),
      field('lower90', [4, 1, 8, 8]),
      field('calibration', [3, 2]),
      field('spread', [4, 1, 8, 8]),
    ]
    expect(besideOf(fields, layout)).toEqual([
      { name: 'y', rows: true },
      { name: 'mask', rows: false },
      { name: 'lower90', rows: true },
      { name: 'calibration', rows: false },
    ])
    const set = [field('y', [4, 1, 8, 8]), field('parameter.mask', [4, 1, 8, 8]), field('noise', [4])]
    expect(observationsOf(set, layout)?.map(({ name }) => name)).toEqual(['y', 'parameter.mask'])
    expect(observationsOf([field('y', [9, 1, 8, 8])], layout)).toBeUndefined()
  })

  it('are [K, N, ...event] by their name, else samples of one law', () => {
    const fields = [field('x', [32, 1, 8, 8]), field('draws', [20, 32, 1, 8, 8]), field('n', [3])]
    const layout = firstLayout(fields)
    expect(layout).toEqual({ field: 'draws', count: 20, observations: 32, event: [1, 8, 8], problems: true })
    expect(layout && besideOf(fields, layout)).toEqual([{ name: 'x', rows: true }])
    expect(layoutOf(fields[0])).toEqual({
      field: 'x',
      count: 32,
      observations: 1,
      event: [1, 8, 8],
      problems: false,
    })
    expect(layoutOf(fields[2])).toBeUndefined()
    expect(layoutOf(field('x', [10_000, 4]))?.count).toBe(256)
    expect(layoutOf(field('x', [100, 2 ** 22]))?.count).toBe(4)
    expect(layoutOf(field('x', [0, 4]))).toBeUndefined()
  })
})

describe('words', () => {
  it('say numbers and times shortly', () => {
    expect([short(0.123456), short(12), short(1e-5), short(null), short(undefined), short(123456.7)]).toEqual(
      ['0.1235', '12', '1.00e-5', 'not finite', '', '1.23e+5'],
    )
    expect([4.4, 59.6, 3600, 7500, 200_000].map(duration)).toEqual([
      '4 s',
      '1 min',
      '1 h 0 min',
      '2 h 5 min',
      '2 d 7 h',
    ])
    expect([ago(1000, 5000), ago(0, 300_000)]).toEqual(['now', '5 min ago'])
    expect([bytesOf(0), bytesOf(12_345), bytesOf(2e9)]).toEqual(['0 B', '12.3 kB', '2 GB'])
    expect([figureValue('coverage90', 0.876), figureValue('rmse', 0.5)]).toEqual(['88 %', '0.5'])
  })
})

describe('how a diagnosis is read', () => {
  it('stands in two sentences beside every test there is', async () => {
    const source = readFileSync(
      new URL('../../../src/diagnose/calibration/findings.ts', import.meta.url),
      'utf8',
    )
    const names = [
      ...source.slice(source.indexOf('const scopes')).matchAll(/^ {2}'?([A-Z][^':]*)'?: '/gm),
    ].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(8)
    for (const name of names)
      expect([name, readingOf(name).words.match(/[.!?](\s|$)/g)?.length]).toEqual([name, 2])
  })
})
