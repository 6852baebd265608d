import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { jsonSchemaOf, loadConfig, splitConfigArguments } from '../../src/cli/config/config.ts'
import { scratch } from '../run/scratch.ts'

const schema = z.strictObject({
  name: z.string().nullable().default('x'),
  train: z
    .strictObject({
      lr: z.number().positive().default(1e-3),
      steps: z.number().int().min(1).default(100),
      schedule: z.enum(['constant', 'linear']).default('linear'),
    })
    .prefault({}),
  channels: z.array(z.number()).default([32, 64]),
  layers: z.array(z.strictObject({ width: z.number() })).default([]),
  operator: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('mask'), keep: z.number() }),
      z.strictObject({ kind: z.literal('projection'), dimension: z.number() }),
    ])
    .optional(),
  laps: z.union([z.number(), z.strictObject({ most: z.number() })]).optional(),
})

/** Each line holds ten times what the line before holds. */
const bomb = [
  'a: &x0 [0]',
  ...[1, 2, 3, 4, 5].map((i) => `b${i}: &x${i} [${`*x${i - 1}, `.repeat(10)}]`),
].join('\n')

const fileOf = (text: string): string => {
  const path = join(scratch(), 'a.yaml')
  writeFileSync(path, text)
  return path
}

const messageOf = (text: string, ...overrides: string[]): string => {
  const path = fileOf(text)
  try {
    loadConfig(schema, path, overrides)
  } catch (error) {
    expect(error).toMatchObject({ name: 'TweedieError', code: 'input' })
    return String(error instanceof Error && error.message).replace(path, 'a.yaml')
  }
  throw new Error('accepted')
}

describe('configuration', () => {
  it('fills in defaults', () => {
    const config = loadConfig(schema, undefined)
    expect(config).toEqual({
      name: 'x',
      train: { lr: 1e-3, steps: 100, schedule: 'linear' },
      channels: [32, 64],
      layers: [],
    })
    expect(loadConfig(schema, fileOf(''))).toEqual(config)
  })

  it('takes overrides as YAML, the last one wins', () => {
    const path = fileOf('train: { lr: 0.5, steps: 7 }\nchannels: [1, 2, 3]\n')
    const overrides = [
      'train.lr=1e-4',
      'train.lr=0.25',
      'channels.1=9',
      'name=',
      'operator.kind=mask',
      'operator.keep=0.25',
      'layers=[{width: 3}]',
    ]
    expect(loadConfig(schema, path, overrides)).toEqual({
      name: 'x', // taken away: the default
      train: { lr: 0.25, steps: 7, schedule: 'linear' },
      channels: [1, 9, 3],
      layers: [{ width: 3 }],
      operator: { kind: 'mask', keep: 0.25 },
    })
  })

  it.each([
    ['an unknown field', 'nmae: y', "a.yaml: unknown field 'nmae'; did you mean 'name'?"],
    [
      'an unknown nested field',
      'train: { stepz: 3 }',
      "a.yaml: unknown field 'train.stepz'; did you mean 'steps'?",
    ],
    [
      'one in a list',
      'layers: [{ width: 1 }, { widht: 1 }]',
      "a.yaml: unknown field 'layers.1.widht'; did you mean 'width'? (and 1 more)",
    ],
    [
      'one of a chosen alternative',
      'operator: { kind: mask, keeep: 1 }',
      "a.yaml: unknown field 'operator.keeep'; did you mean 'keep'? (and 1 more)",
    ],
    [
      'one of another alternative',
      'operator: { kind: mask, keep: 1, dimension: 2 }',
      "a.yaml: unknown field 'operator.dimension'; valid here: kind, keep",
    ],
    [
      'one like nothing',
      'train: { zzzzzz: 3 }',
      "a.yaml: unknown field 'train.zzzzzz'; valid here: lr, steps, schedule",
    ],
    [
      'one in a union',
      'laps: { mots: 3 }',
      "a.yaml: unknown field 'laps.mots'; did you mean 'most'? (and 1 more)",
    ],
    ['a wrong type', 'train: { lr: fast }', `a.yaml: field 'train.lr': expected number, got "fast"`],
    ['a wrong type of everything', '[1, 2]', 'a.yaml: expected object, got [1,2]'],
    ['a fraction', 'train: { steps: 1.5 }', "a.yaml: field 'train.steps': expected int, got 1.5"],
    ['not a number', 'train: { lr: .nan }', "a.yaml: field 'train.lr': expected number, got NaN"],
    [
      'too small a number',
      'train: { steps: 0 }',
      "a.yaml: field 'train.steps': expected number to be >=1, got 0",
    ],
    [
      'a wrong choice',
      'train: { schedule: cosine }',
      `a.yaml: field 'train.schedule': expected one of "constant"|"linear", got "cosine"`,
    ],
    [
      'a wrong alternative',
      'operator: { kind: blur }',
      `a.yaml: field 'operator.kind': expected one of "mask"|"projection", got "blur"`,
    ],
    [
      'a missing field',
      'operator: { kind: mask }',
      "a.yaml: field 'operator.keep' is missing: expected number",
    ],
    ['no alternative', 'laps: many', `a.yaml: field 'laps': expected number or object, got "many"`],
    [
      'two mistakes',
      'train: { lr: a, steps: b }',
      `a.yaml: field 'train.lr': expected number, got "a" (and 1 more)`,
    ],
    ['no YAML', 'a: [1, 2\nb: 3', /^a.yaml: not YAML: .* at line 2, column 1$/],
    ['an alias of nothing', 'name: *a', /^a.yaml: not YAML: Unresolved alias .*: a$/],
    ['an alias of itself', 'channels: &a [*a]', /^a.yaml: not YAML: Converting circular structure to JSON$/],
    ['aliases that blow up', bomb, /^a.yaml: not YAML: Excessive alias count/],
    ['a list in ten thousand lists', `channels: ${'['.repeat(10_000)}`, /^a.yaml: not YAML: Maximum call/],
    ['a field twice', 'name: a\nname: b', /^a.yaml: not YAML: Map keys must be unique at line 2, column 1$/],
  ])('names %s', (_, text, message) => {
    expect(messageOf(text)).toEqual(message instanceof RegExp ? expect.stringMatching(message) : message)
  })

  it('names the override that is wrong', () => {
    expect(messageOf('name: y', 'train.lr=fast')).toBe(
      `train.lr=fast: field 'train.lr': expected number, got "fast"`,
    )
    expect(messageOf('name: y', 'trian.lr=1')).toBe(
      "trian.lr=1: unknown field 'trian'; did you mean 'train'?",
    )
    expect(messageOf('name: y', 'name.first=1')).toBe(`'name.first=1': 'name' is "y" and has no fields`)
    expect(messageOf('name: y', 'channels=[1', 'name=z')).toMatch(/^'channels=\[1': the value is not YAML: /)
    expect(messageOf('name: y', 'name=*a')).toMatch(/^'name=\*a': the value is not YAML: Unresolved alias/)
    expect(messageOf('channels: [1]', 'channels.3=1')).toBe("'channels.3=1': 'channels' has 1 elements")
    expect(messageOf('name: y', 'steps')).toBe("'steps': expected an override, key=value or key.key=value")
    expect(messageOf('name: y', '__proto__.polluted=1')).toContain("unknown field '__proto__'")
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it('names a file that is not there', () => {
    expect(() => loadConfig(schema, '/nowhere/a.yaml')).toThrow('/nowhere/a.yaml: cannot read: no such file')
  })

  it('splits arguments into file and overrides', () => {
    expect(splitConfigArguments(['a.yaml', 'b=1'])).toEqual({ path: 'a.yaml', overrides: ['b=1'] })
    expect(splitConfigArguments(['a.b=1', 'c=2'])).toEqual({ overrides: ['a.b=1', 'c=2'] })
    expect(splitConfigArguments(['./x=y/a.yaml'])).toEqual({ path: './x=y/a.yaml', overrides: [] })
    expect(splitConfigArguments([])).toEqual({ overrides: [] })
  })

  it('has a JSON Schema in which fields with defaults are not required', () => {
    const json = jsonSchemaOf(schema)
    expect(json).toMatchObject({ type: 'object', additionalProperties: false })
    expect(json.required).toBeUndefined()
    expect(json.properties).toMatchObject({
      train: { properties: { lr: { type: 'number', default: 1e-3 } } },
    })
  })
})
