import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Cell, manifestOf, type Validation } from '../../../web/engine/manifest.ts'
import type { Evidence } from '../../../web/gallery/evidence.ts'
import { trustIn } from '../../../web/gallery/trust.ts'

const cell = (over: Partial<Cell> = {}): Cell => ({
  kind: 'random pixels',
  count: 250,
  kept: [0.1, 0.5],
  noise: [0.05, 0.05],
  hole: [1, 6],
  edges: [0.9, 1.1],
  residual: [0.9, 1.1],
  logq: [100, 200],
  coverage: 0.9012,
  standardError: 0.004,
  psnr: 18,
  ...over,
})

const evidence = (over: Partial<Evidence> = {}): Evidence => ({
  kept: 0.3,
  noise: Math.fround(0.05),
  hole: 3,
  edges: 1,
  residual: 1,
  logq: 150,
  ...over,
})

const on = (...cells: Cell[]): Validation => ({ data: 'held-out digits', cells })

describe('the sentence under the draws', () => {
  it('is what was measured on inputs like this one', () => {
    expect(trustIn(on(cell()), evidence())).toEqual({
      kind: 'measured',
      verdict: 'calibrated',
      sentence:
        'On 250 held-out digits with masks like this (random pixels, 10 to 50 % seen), 90 % intervals ' +
        'of the deleted pixels held the truth 90.1 % of the time (± 0.4): as they should.',
    })
  })

  it.each([
    [0.859, 'overconfident'],
    [0.86, 'calibrated'],
    [0.94, 'calibrated'],
    [0.941, 'cautious'],
  ])('of coverage %f says %s', (coverage, verdict) => {
    expect(trustIn(on(cell({ coverage })), evidence())).toMatchObject({ kind: 'measured', verdict })
  })

  it.each<[string, Partial<Evidence>, string]>([
    ['another noise', { noise: 0.2 }, 'its noise is 0.20, the sampler learned with 0.05'],
    ['too little seen', { kept: 0.05 }, '5 % of the pixels are seen, it learned with 10 to 50 %'],
    ['another kind of mask', { edges: 0.3 }, 'another kind than the sampler learned with (random pixels)'],
    ['a hole that is too deep', { hole: 9 }, 'another kind'],
    ['draws that miss y', { residual: 1.5 }, 'miss what was seen by 1.50 times the noise'],
    ['draws of another density', { logq: 99 }, 'log q 99'],
  ])('refuses %s', (_, over, why) => {
    const trust = trustIn(on(cell()), evidence(over))
    expect(trust.kind).toBe('refused')
    expect(trust.sentence).toContain(why)
  })

  it('takes any cell that fits in all', () => {
    const two = on(cell({ residual: [0.5, 0.6] }), cell({ kept: [0.2, 0.9], count: 99 }))
    expect(trustIn(two, evidence()).sentence).toContain('On 99 ')
  })

  it('says when nobody has measured', () => {
    expect(trustIn(undefined, evidence()).kind).toBe('unknown')
  })
})

describe('the manifest', () => {
  const path = join(import.meta.dirname, '../../../web/public/models/digits/sampler.json')
  const shipped = JSON.parse(readFileSync(path, 'utf8'))

  it('of the shipped digits is read, with its validation', () => {
    const { validation, inputs } = manifestOf(shipped)
    expect(inputs.map(({ name }) => name)).toEqual(expect.arrayContaining(['y', 'mask', 'z']))
    expect(validation?.cells.length).toBeGreaterThan(0)
  })

  it.each([
    [{ format: 'other' }, /format must be/],
    [{ version: 4 }, /version must be 2 or 3/],
    [{ draws: 0 }, /draws must be a positive whole number/],
    [{ range: [1, 0] }, /range must be two numbers that ascend/],
    [{ inputs: [{ name: 'y', shape: [1e9], dtype: 'float32' }] }, /inputs\[0\].shape\[0\]/],
    [{ inputs: [{ name: 'y', shape: [1], dtype: 'int64' }] }, /of float32/],
    [{ validation: { data: 'x', cells: [{}] } }, /validation.cells\[0\]/],
  ])('%j is refused in one line', (over, message) => {
    expect(() => manifestOf({ ...shipped, ...over })).toThrow(message)
  })
})
