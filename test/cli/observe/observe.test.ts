/** `tweedie observe` with every operator: in-process, on small files. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from '../../../src/cli/commands/observe.ts'
import type { OptionsOf } from '../../../src/cli/commands.ts'
import { loadConfig } from '../../../src/cli/config/config.ts'
import { loadObservations } from '../../../src/cli/config/loading.ts'
import { operatorSchema, operatorSettingOf } from '../../../src/cli/config/operator-schema.ts'
import { experimentSchema } from '../../../src/cli/config/schema.ts'
import { makeIo } from '../../../src/cli/io.ts'
import { readArrays, writeArrays } from '../../../src/formats/index.ts'
import { readObservations, unitsOf, wholeSet } from '../../../src/observations/index.ts'
import { families, familyOf } from '../../../src/operators/index.ts'
import { stream, uniform } from '../../../src/random/index.ts'
import { ndarray, rows, zeros } from '../../../src/tensor/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-observe-'))
afterAll(() => rmSync(folder, { recursive: true }))
const images = join(folder, 'x.npy')
const points = join(folder, 'points.npy')
const grey = join(folder, 'grey.npy')
writeArrays(images, { x: uniform(stream(0, 'x'), [4, 3, 32, 32]) })
writeArrays(grey, { x: uniform(stream(0, 'x'), [4, 1, 16, 12]) })
writeArrays(points, { x: uniform(stream(0, 'x'), [4, 3, 30]) })
const output = join(folder, 'out.npz')

const io = makeIo(process, { json: false, quiet: true }, new AbortController().signal)
type Options = OptionsOf<'observe'>
const nothing = {
  photons: undefined,
  keep: undefined,
  dimension: undefined,
  blind: undefined,
  noise: undefined,
  noiseCovariance: undefined,
  event: undefined,
  range: undefined,
  domain: undefined,
  view: undefined,
  mesh: undefined,
  times: undefined,
  every: undefined,
}
const options: Options = {
  ...nothing,
  ...{
    output,
    operator: undefined,
    split: undefined,
    skip: 0,
    count: undefined,
    truth: undefined,
    mask: undefined,
  },
  ...{
    observed: undefined,
    json: undefined,
    quiet: true,
    debug: undefined,
    threads: undefined,
    seed: undefined,
  },
}
const familyNames = families.map(({ name }) => name)
const sources: Readonly<Record<string, string>> = { vertices: points, coils: grey }
/** Operators that are made of others need them. */
const parts: Readonly<Record<string, string[]>> = {
  compose: ['of=[{kind: blur, sigma: 2}, {kind: pool, factor: 2}]'],
  stack: ['of=[{kind: mask}, {kind: pool}]'],
  scale: ['factor=2', 'of=[{kind: identity}]'],
}
const observe = (settings: readonly string[], more: Partial<Options>) =>
  run([sources[more.operator ?? ''] ?? images, ...settings], { ...options, ...more }, io)

describe('tweedie observe', () => {
  it.each(familyNames)('knows %s', async (operator) => {
    await observe(parts[operator] ?? [], { operator })
    const { y, operator: seen, noise } = readObservations(output)
    expect(y.shape[0]).toBe(4)
    expect(noise).toBe(0.05)
    expect(seen.name).toBe(operator)
  })

  it('takes settings as key=value, and --keep', async () => {
    await observe(['factor=2'], { operator: 'pool' })
    expect(readObservations(output).y.shape).toEqual([4, 3, 16, 16])
    await observe([], { keep: 1 })
    const { operator } = readObservations(output)
    expect(operator.parameters.mask.data.every((m) => m === 1)).toBe(true)
  })

  it('writes the noise of each entry where photons are counted', async () => {
    await observe([], { operator: 'mask', photons: 100, noise: '0.01' })
    const { y, std, operator } = readObservations(output)
    expect([std?.shape, operator.name]).toEqual([y.shape, 'mask'])
    const want = y.data.map((v) => Math.sqrt(Math.max(v, 0.01) / 100 + 1e-4))
    expect(std?.data.every((s, i) => Math.abs(s - want[i]) < 1e-6)).toBe(true)
  })

  it('takes operators made of others, and says which', async () => {
    await observe(parts.compose, { operator: 'compose' })
    const { y, operator } = readObservations(output)
    expect(y.shape).toEqual([4, 3, 16, 16])
    expect(operator).toMatchObject({
      name: 'compose',
      settings: {},
      of: [
        { name: 'blur', settings: { sigma: 2, boundary: 'reflect' } },
        { name: 'pool', settings: { factor: 2 } },
      ],
    })
    expect(operator.of?.map((part) => 'kind' in part)).toEqual([false, false])
  })

  it('keeps the truth of a blind set apart', async () => {
    await observe(['sigma=0.5', 'sigmaMax=2'], { operator: 'blur', blind: true })
    const { operator } = readObservations(output)
    if (!operator.truth) throw new Error('a blind set was asked for')
    expect([operator.parameters.kernel.shape[0], operator.truth.kernel.shape[0]]).toEqual([1, 4])
    expect(Object.keys(readArrays(output)).sort()).toEqual(
      ['noise', 'operator', 'parameter.kernel', 'range', 'truth.kernel', 'view', 'y'].sort(),
    )
  })

  it.each<[Partial<Options>, string[], RegExp]>([
    [{ operator: 'bluur' }, [], /^unknown operator 'bluur'; did you mean 'blur'\? There are: mask, box/],
    [{ operator: 'blur' }, ['sigam=2'], /^operator 'blur': unknown setting 'sigam'; did you mean 'sigma'\?/],
    [
      { operator: 'blur' },
      ['sigma=-1'],
      /^operator 'blur': 'sigma' must be a number above 0, at most 100, got -1/,
    ],
    [{ operator: 'blur' }, ['sigma=wide'], /'sigma' must be a number above 0, at most 100, got wide/],
    [{ operator: 'blur' }, ['size=4'], /^gaussian-blur: size must be odd, got 4/],
    [{ operator: 'blur' }, ['boundary=none'], /'boundary' must be one of reflect\|circular\|zero, got none/],
    [{ operator: 'blur' }, ['sigma'], /^'sigma': expected a setting of the operator, key=value/],
    [{ operator: 'identity' }, ['a=1'], /^operator 'identity': unknown setting 'a', it has no settings/],
    [{ operator: 'pool' }, ['factor=5'], /^average-pool: factor 5 does not divide images of 32×32/],
    [{ operator: 'pool' }, ['factor=1.5'], /'factor' must be an integer of at least 1, got 1.5/],
    [
      { operator: 'box' },
      ['size=30', 'margin=2'],
      /^box: a square of 30 with a margin of 2 does not fit images of 32×32/,
    ],
    [{ operator: 'fourier' }, ['acceleration=0'], /'acceleration' must be a number of at least 1, got 0/],
    [{ operator: 'compose' }, [], /^operator 'compose': needs at least 1 of them in 'of', got 0/],
    [{ operator: 'scale' }, parts.stack, /^operator 'scale': needs 1 of them in 'of', got 2/],
    [{ operator: 'blur' }, parts.stack, /^operator 'blur': is not made of others, got 2/],
    [{ operator: 'compose' }, ['of=[{kind: bluur}]'], /^unknown operator 'bluur'; did you mean 'blur'/],
    [
      { operator: 'compose' },
      ['of=[{kind: blur, sigam: 2}]'],
      /^operator 'blur': unknown setting 'sigam'; did you mean 'sigma'/,
    ],
    [{ operator: 'compose' }, ['of=[{kind: blur'], /^'of=\[\{kind: blur': expected a list of operators/],
    [
      { operator: 'compose' },
      ['of=[2]'],
      /^'of=\[2\]': expected a list of operators, of=\[\{kind: blur, sigma: 2\}/,
    ],
    [{ operator: 'compose' }, ['of=blur'], /^'of=blur': expected a list of operators/],
    [{ operator: 'pool', blind: true }, [], /^observe: operator 'pool' .* no parameters/],
    [{ operator: 'pool', keep: 0.5 }, [], /^operator 'pool': unknown setting 'keep'/],
    [{ operator: 'radon', photons: 0 }, [], /^observe: photons must be positive, got 0/],
    [
      { operator: 'motion', noise: '0' },
      [],
      /^--noise: expected a number above 0 or a file of numbers, got '0'/,
    ],
  ])('refuses %j %j', async (more, settings, message) => {
    const path = join(folder, 'never.npz')
    await expect(
      observe(settings, { ...more, output: path, truth: join(folder, 'never.npy') }),
    ).rejects.toThrow(message)
    expect([path, join(folder, 'never.npy')].some(existsSync)).toBe(false)
  })
})

describe('operators of the configuration', () => {
  const parse = (text: string) => {
    const path = join(folder, 'a.yaml')
    writeFileSync(path, text)
    return loadConfig(operatorSchema, path)
  }

  it.each(familyNames)('%s has its defaults', (kind) => {
    const of = familyOf(kind).parts ? ', of: [{ kind: identity }]' : ''
    const { name, settings } = operatorSettingOf(parse(`{ kind: ${kind}${of} }`))
    expect([name, settings]).toEqual([kind, familyOf(kind).complete({})])
  })

  it('takes compositions, which observe', async () => {
    const text =
      'kind: scale\nfactor: 2\nof:\n  - kind: compose\n' +
      '    of: [{ kind: blur, sigma: 1 }, { kind: mask, keep: 0.4 }]\n'
    const operator = operatorSettingOf(parse(text))
    expect(operator).toMatchObject({
      name: 'scale',
      settings: { factor: 2 },
      of: [
        {
          name: 'compose',
          of: [
            { name: 'blur', settings: { sigma: 1, sigmaMax: 0 } },
            { name: 'mask', settings: { keep: 0.4, exact: false } },
          ],
        },
      ],
    })
    const path = join(folder, 'experiment.yaml')
    const nested = JSON.stringify(parse(text))
    writeFileSync(
      path,
      `net: { kind: mlp }\ndata: { clean: ${grey}, observe: { operator: ${nested}, noise: 0.1 } }\n`,
    )
    const { y, operator: made } = await loadObservations(loadConfig(experimentSchema, path))
    expect(y.shape).toEqual([4, 1, 16, 12])
    expect(Object.keys(made.parameters)).toEqual(['0.1.mask'])
  })

  it('draws masks of many kinds and noise of its own, each item as often as is asked for', async () => {
    const observed = 'operator: { kind: masks, keep: 0.2, keepMax: 0.8 }, noise: [0.01, 0.3], times: 3'
    const path = join(folder, 'many.yaml')
    writeFileSync(path, `net: { kind: mlp }\ndata: { clean: ${grey}, observe: { ${observed} } }\n`)
    const set = wholeSet(await loadObservations(loadConfig(experimentSchema, path)))
    expect([set.y.shape, set.std?.shape]).toEqual([
      [12, 1, 16, 12],
      [12, 1, 16, 12],
    ])
    // Every item three times, seen differently.
    const { mask, kind } = set.operator.parameters
    expect(kind.shape).toEqual([12, 1])
    expect(rows(mask, 0, 1).data).not.toEqual(rows(mask, 4, 5).data)
    const shared = Array.from(rows(mask, 0, 1).data.keys()).filter(
      (i) => mask.data[i] * mask.data[4 * 192 + i] === 1,
    )
    const noise = (set.std?.data[0] ?? 0) + (set.std?.data[4 * 192] ?? 0)
    for (const i of shared) expect(Math.abs(set.y.data[i] - set.y.data[4 * 192 + i])).toBeLessThan(5 * noise)
    const loud = ['data.observe.noise=[0.3, 0.01]']
    expect(() => loadConfig(experimentSchema, path, loud)).toThrow(/data\.observe\.noise.*must rise/)
  })

  it('takes settings and says what is wrong with them', () => {
    expect(operatorSettingOf(parse('{ kind: motion, size: 15, blind: true }'))).toMatchObject({
      name: 'motion',
      blind: true,
      settings: { size: 15, intensity: 0.5 },
    })
    expect(() => parse('{ kind: motion, sise: 15 }')).toThrow(/unknown field 'sise'; did you mean 'size'/)
    expect(() => parse('{ kind: scale, of: [{ kind: motion, sise: 15 }] }')).toThrow(
      /unknown field 'of\.0\.sise'; did you mean 'size'/,
    )
    expect(() => parse('{ kind: moton }')).toThrow(/field 'kind': expected one of "mask"|"box"/)
    expect(() => parse('{ kind: scale, of: [] }')).toThrow(/field 'of': expected array to have >=1 items/)
    expect(() => parse('{ kind: scale, of: [{ kind: blur, sigma: 0 }] }')).toThrow(
      /field 'of\.0\.sigma': expected number to be >0, got 0/,
    )
    expect(() => parse('{ kind: blur, sigma: 0 }')).toThrow(/field 'sigma': expected number to be >0, got 0/)
  })
})

describe('units', () => {
  const kelvin = join(folder, 'kelvin.npy')
  const faint = join(folder, 'faint.npy')
  writeArrays(kelvin, { x: ndarray([271, 285.5, 290, 264.2, 301, 288], [2, 3]) })
  writeArrays(faint, { x: ndarray([0.01, 0.02, 0.03, 0.02, 0.01, 0.04], [2, 3]) })

  it.each([
    ['of data to be observed', {}],
    ['of observations', { observed: true, noise: '1' }],
  ] as const)('refuses values outside the range, with the range to give: %s', async (_, more) => {
    const work = run([kelvin], { ...options, operator: 'identity', ...more }, io)
    await expect(work).rejects.toThrow(
      `${kelvin}: values lie between 264 and 301, the range of the data is 0 to 1 where none is said; ` +
        'say what clean data have: --range=264,301',
    )
    await run([kelvin], { ...options, operator: 'identity', range: '264,301', ...more }, io)
    expect(readObservations(output).range).toEqual([264, 301])
  })

  it('notes a range that the values hardly fill', async () => {
    const notes: string[] = []
    await run([faint], { ...options, operator: 'identity' }, { ...io, note: (text) => notes.push(text) })
    expect(notes).toEqual([
      `${faint}: values lie between 0.01 and 0.04, the range of the data is 0 to 1 where none is said: ` +
        'they fill a small part of it, so that all look alike to a network; --range=0.01,0.04 fits them',
    ])
  })

  it('looks at what was seen only', async () => {
    const y = ndarray([0.5, 0.2, -999, 0.9], [1, 4])
    expect(unitsOf(y, [0, 1], ndarray([1, 1, 0, 1], [1, 4]))?.verdict).toBe('fits')
    expect(unitsOf(y, [0, 1])?.verdict).toBe('outside')
    expect(unitsOf(y, [0, 1], zeros([1, 4]))).toBeUndefined()
  })
})
