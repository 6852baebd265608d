import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { manifestOf } from '../../../web/engine/manifest.ts'
import type { Cell, Measured } from '../../../web/engine/measured.ts'
import type { Evidence } from '../../../web/gallery/evidence.ts'
import { trustIn } from '../../../web/gallery/trust.ts'

const ranges: Cell['evidence'] = {
  seen: [0.1, 0.5],
  hole: [1, 6],
  edges: [0.9, 1.1],
  noise: [0.05, 0.05],
  residual: [0.9, 1.1],
  excess: [-50, 50],
}

const cell = (over: Partial<Cell> = {}): Cell => ({
  masks: 'random',
  observations: 1000,
  items: over.observations ?? 1000,
  coverage: 0.9012,
  standardError: 0.004,
  psnr: 18,
  evidence: ranges,
  ...over,
})

const evidence = (over: Partial<Evidence> = {}): Evidence => ({
  seen: 0.3,
  noise: Math.fround(0.05),
  hole: 3,
  edges: 1,
  residual: 1,
  logq: 150,
  ...over,
})

/** log q is expected to be 150 + 100 (f − 0.3). */
const on = (...cells: Cell[]): { readonly trust: Measured } => ({
  trust: { cells, expectedLogq: [120, 100] },
})

describe('the sentence under the draws', () => {
  it('is what was measured on inputs like this one', () => {
    expect(trustIn(on(cell()), evidence())).toEqual({
      kind: 'measured',
      verdict: 'calibrated',
      sentence:
        'On 1000 held-out observations with such masks (at random, 10 to 50 % seen), 90 % intervals of ' +
        'what is missing held the truth 90.1 % (± 0.4) of the time: as they should.',
    })
  })

  it.each([
    [0.859, 'overconfident', 'too narrow'],
    [0.86, 'calibrated', 'as they should'],
    [0.94, 'calibrated', 'as they should'],
    [0.941, 'cautious', 'too wide'],
  ])('of coverage %f says %s', (coverage, verdict, words) => {
    const trust = trustIn(on(cell({ coverage })), evidence())
    expect(trust).toMatchObject({ kind: 'measured', verdict })
    expect(trust.sentence).toContain(`of the time: ${words}.`)
  })

  it.each<[string, Partial<Evidence>, string]>([
    ['another noise', { noise: 0.2 }, 'its noise is 0.20, the sampler learned with 0.05'],
    ['too little seen', { seen: 0.05 }, '5 % is seen, of held-out observations 10 to 50 %'],
    ['another kind of mask', { edges: 0.3 }, 'another kind than the sampler learned with (at random)'],
    ['a hole that is too deep', { hole: 9 }, 'another kind'],
    ['draws that miss y', { residual: 1.5 }, 'miss what was seen by 1.50 times the variance of the noise'],
    ['draws of another density', { logq: 99 }, 'log q of its draws is −51 nats from what'],
  ])('refuses %s', (_, over, why) => {
    const trust = trustIn(on(cell()), evidence(over))
    expect(trust.kind).toBe('refused')
    expect(trust.sentence).toContain(why)
  })

  it('expects more of log q where more is seen', () => {
    expect(trustIn(on(cell()), evidence({ seen: 0.5, logq: 215 })).kind).toBe('measured')
    expect(trustIn(on(cell()), evidence({ seen: 0.1, logq: 215 })).kind).toBe('refused')
    // Of a sampler that was not measured by it, or has none, nothing is said.
    expect(trustIn({ trust: { cells: [cell()] } }, evidence({ logq: 999 })).kind).toBe('measured')
    expect(trustIn(on(cell()), evidence({ logq: undefined })).kind).toBe('measured')
  })

  it('knows from all observations together how far draws may miss', () => {
    const all = cell({ masks: undefined, evidence: { residual: [0.8, 1.6], excess: [-90, 50] } })
    expect(trustIn(on(all, cell()), evidence({ residual: 1.5 })).sentence).toContain('at random')
    expect(trustIn(on(all, cell()), evidence({ logq: 61 })).kind).toBe('measured')
    expect(trustIn(on(all, cell()), evidence({ residual: 1.7 })).sentence).toContain('by 0.80 to 1.60')
  })

  it('leaves room for what so few observations have not shown', () => {
    // 3/n of the width of the range, 0.4.
    const few = on(cell({ observations: 12 }))
    expect(trustIn(few, evidence({ seen: 0.59, logq: 179 })).kind).toBe('measured')
    expect(trustIn(few, evidence({ seen: 0.61 })).kind).toBe('refused')
    // Many observations of a few items have shown no more of other items.
    const again = on(cell({ items: 6 }))
    expect(trustIn(again, evidence({ seen: 0.69, logq: 179 })).kind).toBe('measured')
    expect(trustIn(again, evidence({ seen: 0.71 })).kind).toBe('refused')
  })

  it('takes a mask for the kind in whose middle it lies', () => {
    const box = cell({
      masks: 'box',
      observations: 99,
      evidence: { ...ranges, hole: [3, 12], edges: [0.1, 1] },
    })
    const wide = on(cell({ evidence: { ...ranges, edges: [0.4, 1.2] } }), box)
    expect(trustIn(wide, evidence({ edges: 0.5, hole: 6 })).sentence).toContain('a box')
    expect(trustIn(wide, evidence({ edges: 0.8, hole: 3 })).sentence).toContain('at random')
    // Noise and all masks together are no kind of mask.
    const all = cell({ masks: undefined, observations: 300 })
    expect(trustIn(on(all, box), evidence({ edges: 0.5, hole: 6 })).sentence).toContain('On 99 ')
    expect(trustIn(on(all), evidence()).sentence).toContain('such masks (10 to 50 % seen)')
  })

  describe('of a sampler that is told the noise', () => {
    const told = { noise: [0.01, 0.3] as const }
    const own = cell({ evidence: { ...ranges, noise: [0.012, 0.28] } })
    const third = (over: Partial<Cell>): Cell =>
      cell({ masks: undefined, noise: [0.1, 0.3], observations: 85, evidence: {}, ...over })

    it('takes any noise that it was made for', () => {
      for (const noise of [0.01, 0.3])
        expect(trustIn({ ...on(own), ...told }, evidence({ noise })).kind).toBe('measured')
      expect(trustIn({ ...on(own), ...told }, evidence({ noise: 0.31 })).sentence).toContain(
        'its noise is 0.31, the sampler learned with 0.01 to 0.30',
      )
    })

    it('says what misses with such noise', () => {
      const loud = evidence({ noise: 0.2 })
      const narrow = { ...on(own, third({ coverage: 0.8, standardError: 0.01 })), ...told }
      expect(trustIn(narrow, loud)).toMatchObject({
        verdict: 'overconfident',
        sentence: expect.stringMatching(
          /as they should\. On 85 with such noise: 80\.0 % \(± 1\.0\), too narrow\.$/,
        ),
      })
      // Of other noise nothing is said.
      expect(trustIn(narrow, evidence()).sentence).not.toContain('such noise')
    })
  })

  it('names another method on some of the same observations', () => {
    const worth = { coverage: 0.8949, standardError: 0.009, psnr: 21.34 }
    const own = { coverage: 0.88, psnr: 20.9 }
    const cells = [
      { observations: 64, ...worth, psnr: 30, sampler: own },
      { masks: 'random', observations: 16, ...worth, sampler: own },
    ]
    const trust = { ...on(cell()).trust, beside: { method: 'mmps', cells } }
    expect(trustIn({ trust }, evidence()).sentence).toMatch(
      / MMPS on 16 of these: 89\.5 % \(± 0\.9\), PSNR 21\.3 dB; this sampler 20\.9 dB\.$/,
    )
    const elsewhere = { trust: { ...trust, beside: { method: 'mmps', cells: cells.slice(0, 1) } } }
    expect(trustIn(elsewhere, evidence()).sentence).not.toContain('MMPS')
  })

  it('says when nobody has measured, or not for which masks', () => {
    expect(trustIn({}, evidence()).kind).toBe('unknown')
    expect(trustIn(on(cell({ evidence: {} })), evidence()).kind).toBe('unknown')
  })
})

describe('the manifest', () => {
  const path = join(import.meta.dirname, '../../../web/public/models/digits/sampler.json')
  const shipped = JSON.parse(readFileSync(path, 'utf8'))

  it('of the shipped digits is read, with what was measured', () => {
    const { trust, inputs } = manifestOf(shipped)
    expect(inputs.map(({ name }) => name)).toEqual(expect.arrayContaining(['y', 'mask', 'z']))
    expect(trust?.cells[0].evidence).toMatchObject({ seen: expect.any(Array), excess: expect.any(Array) })
  })

  const held = { level: 0.9, observed: 0.88, standardError: 0.01 }
  const worth = { coverage: [{ level: 0.5, observed: 0.4 }, held], psnrMean: 20, psnrDraw: 17 }

  it('may be of a sampler that is told the noise, with another method beside', () => {
    const range = { from: 0.01, to: 0.3 }
    const noise = { name: 'noise', shape: [1], dtype: 'float32' }
    const measured = {
      cells: [{ ...worth, observations: 8, masks: 'box', evidence: { seen: { from: 0.1, to: 0.9 } } }],
      beside: { method: 'mmps', cells: [{ ...worth, observations: 4, noise: range, sampler: worth }] },
    }
    const read = manifestOf({ ...shipped, inputs: [noise], noise: range, trust: measured })
    const own = { coverage: 0.88, standardError: 0.01, psnr: 20 }
    expect(read).toMatchObject({
      inputs: [{ name: 'noise', shape: [1] }],
      noise: [0.01, 0.3],
      trust: {
        cells: [{ ...own, observations: 8, masks: 'box', evidence: { seen: [0.1, 0.9] } }],
        beside: { method: 'mmps', cells: [{ ...own, observations: 4, noise: [0.01, 0.3], sampler: own }] },
      },
    })
  })

  it.each([
    [{ format: 'other' }, /format must be/],
    [{ version: 2 }, /version must be 3/],
    [{ draws: 0 }, /draws must be a positive whole number/],
    [{ range: [1, 0] }, /range must be two numbers that ascend/],
    [{ noise: { from: 1, to: 0 } }, /noise must be two numbers that ascend/],
    [{ inputs: [{ name: 'y', shape: [1e9], dtype: 'float32' }] }, /inputs\[0\].shape\[0\]/],
    [{ inputs: [{ name: 'y', shape: [1], dtype: 'int64' }] }, /of float32/],
    [{ trust: { cells: [{}] } }, /trust.cells\[0\].observations must be a number/],
    [{ trust: { cells: [{ ...worth, observations: 1, coverage: [] }] } }, /must hold the level 0.9/],
    [{ trust: { cells: [], beside: { method: 'mmps', cells: [{ ...worth, observations: 1 }] } } }, /sampler/],
  ])('%j is refused in one line', (over, message) => {
    expect(() => manifestOf({ ...shipped, ...over })).toThrow(message)
  })
})
