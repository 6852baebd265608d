/** Diagnoses, comparisons, reports and forms. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeArrays } from '../../src/formats/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { asking, lineOf, said } from './asking.ts'
import { makeRun } from './make-run.ts'

const figures = {
  summary: 'All is well.',
  problems: 40,
  draws: 19,
  findings: [{ name: 'Ranks (SBC)', verdict: 'calibrated', words: 'even', blind: 'much' }],
  coverage: [{ level: 0.9, observed: 0.88, standardError: null, count: 1, flat: 0, resolved: true }],
  balls: [{ level: 0.9, observed: 0.9, standardError: 0.1 }],
  spreadSkill: null,
  pit: [0.5, 0.5],
  pitStandardErrors: [0.1, null],
  ranks: {
    draws: 19,
    quantities: { 'mean <script>alert(1)</script>': Array.from({ length: 40 }, (_, i) => i % 20) },
    tarp: Array.from({ length: 40 }, (_, i) => (i * 7) % 20),
  },
  residuals: { ratio: 1, standardError: 0.1, autocorrelation: [{ axis: 1, lag: 1, value: 0.01 }] },
}

const withFile = (name: string, content: unknown) => {
  const studio = asking()
  mkdirSync(join(studio.folder, 'run'))
  writeFileSync(
    join(studio.folder, 'run', name),
    typeof content === 'string' ? content : JSON.stringify(content),
  )
  return studio
}

/** What is looked at of a diagnosis. */
interface One {
  readonly charts: readonly string[]
  readonly ranks?: unknown
}

describe('diagnoses', () => {
  it('are found, and have the charts that their figures allow', async () => {
    const { get } = withFile('diagnosis.json', figures)
    expect((await said(await get('/api/diagnoses'))).found).toMatchObject([{ path: 'run/diagnosis.json' }])
    const one = await said<One>(await get('/api/diagnosis?path=run/diagnosis.json'))
    expect(one.charts).toEqual(['sbc:0', 'coverage', 'pit', 'tarp', 'residuals'])
    expect(one.ranks).toBeUndefined() // numbers stay here
    for (const chart of one.charts) {
      const answer = await get(`/api/diagnosis/chart?path=run/diagnosis.json&chart=${chart}`)
      expect([chart, answer.status, answer.headers.get('content-type')]).toEqual([
        chart,
        200,
        'image/svg+xml',
      ])
      const text = await answer.text()
      expect(text).toMatch(/^<svg xmlns.*<\/svg>$/s)
      expect(text).not.toMatch(/<script|NaN/)
    }
    for (const chart of ['hpd', 'sbc:1', 'constructor', ''])
      expect((await get(`/api/diagnosis/chart?path=run/diagnosis.json&chart=${chart}`)).status).toBe(404)
  })

  it.each([
    ['{', /not JSON/],
    [{ ...figures, findings: 'none' }, /not a diagnosis: field 'findings'/],
    [{ ...figures, ranks: { ...figures.ranks, draws: 1e12 } }, /field 'ranks.draws'/],
    [[], /not a diagnosis/],
  ])('are refused in one line when they are none: %#', async (content, line) => {
    const { get } = withFile('diagnosis.json', content)
    const answer = await get('/api/diagnosis?path=run/diagnosis.json')
    expect([answer.status, await lineOf(answer)]).toEqual([400, expect.stringMatching(line)])
  })

  it('refuse ranks that are none', async () => {
    const { get } = withFile('diagnosis.json', { ...figures, ranks: { ...figures.ranks, tarp: [25] } })
    expect((await get('/api/diagnosis/chart?path=run/diagnosis.json&chart=tarp')).status).toBe(400)
  })

  it('are made by the command line, beside the draws', async () => {
    const studio = asking()
    const at = (name: string) => join(studio.folder, name)
    writeArrays(at('truth.npz'), { x: normal(stream(0, 'x'), [30, 2]) })
    writeArrays(at('exact.npz'), { draws: normal(stream(0, 'draws'), [19, 30, 2]) })
    const none = await studio.post('/api/diagnoses', { draws: 'exact.npz' })
    expect(none.status).toBe(400)
    const out = await studio.post('/api/diagnoses', { draws: 'exact.npz', truth: '../truth.npz' })
    expect(out.status).toBe(400)
    const made = await studio.post('/api/diagnoses', { draws: 'exact.npz', truth: 'truth.npz' })
    expect([made.status, await made.json()]).toEqual([200, { path: 'exact-diagnosis.json' }])
    const one = await said<One>(await studio.get('/api/diagnosis?path=exact-diagnosis.json'))
    expect(one).toMatchObject({ problems: 30, draws: 19, page: true })
    expect(one.charts).toEqual(expect.arrayContaining(['sbc:0', 'tarp', 'coverage', 'pit']))
    const page = await studio.get('/api/page?path=exact-diagnosis.json')
    expect(page.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/)
  }, 60_000)
})

describe('comparisons', () => {
  const cell = {
    method: 'mmps',
    task: 'box',
    steps: 10,
    images: 2,
    draws: 3,
    settings: {},
    psnr: 20,
    extra: 1,
  }

  it('are found and passed on', async () => {
    const { folder, get } = withFile('comparison.json', {
      command: 'tweedie compare',
      page: 'x',
      cells: [cell],
    })
    expect((await said(await get('/api/comparisons'))).found).toMatchObject([{ path: 'run/comparison.json' }])
    expect(await (await get('/api/comparison?path=run/comparison.json')).json()).toEqual({
      command: 'tweedie compare',
      cells: [cell],
      page: false,
    })
    writeFileSync(join(folder, 'run/report.html'), '')
    expect(await said(await get('/api/comparison?path=run/comparison.json'))).toMatchObject({ page: true })
  })

  it('are refused when they are none', async () => {
    const { get } = withFile('comparison.json', { cells: [{ ...cell, psnr: 'high' }] })
    const answer = await get('/api/comparison?path=run/comparison.json')
    expect([answer.status, await lineOf(answer)]).toEqual([400, expect.stringContaining("'cells.0.psnr'")])
  })
})

describe('reports', () => {
  it('are shown without scripts: they are files of the folder', async () => {
    const { folder, get } = asking()
    const path = makeRun(folder, 'run', [])
    expect((await get('/api/runs/run/report')).status).toBe(404)
    writeFileSync(join(path, 'report.html'), '<script>alert(1)</script>')
    const answer = await get('/api/runs/run/report')
    expect(answer.headers.get('content-security-policy')).toBe(
      "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
    )
  })
})

describe('schemas and examples of configurations', () => {
  it('are those that ship', async () => {
    const { get } = asking()
    expect((await said(await get('/api/schemas/experiment'))).properties).toHaveProperty('em')
    expect((await said(await get('/api/schemas/distill'))).properties).toHaveProperty('flow')
    expect((await get('/api/schemas/..%2fpackage')).status).toBe(404)
    const examples = await said<Record<string, readonly { readonly name: string }[]>>(
      await get('/api/examples'),
    )
    expect(examples.experiment.map(({ name }) => name)).toContain('digits')
    expect(examples.distill.map(({ name }) => name)).toContain('distill/digits')
  })
})
