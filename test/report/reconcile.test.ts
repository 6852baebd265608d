import { expect, test } from 'vitest'
import { diagnosis, scopeOf } from '../../src/diagnose/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { reconciled } from '../../src/report/index.ts'
import { NdArray } from '../../src/tensor/index.ts'

const [K, N, D] = [39, 400, 4]

/** Entries that are the same number x ~ N(0, 1), unseen; draws that know it, or hold them independent. */
const problem = ({ together, sd = 1, n = N }: { together: boolean; sd?: number; n?: number }) => {
  const one = normal(stream(0, 'x'), [n]).data
  const truth = new NdArray(
    'float32',
    [n, D],
    Float32Array.from({ length: n * D }, (_, i) => one[Math.floor(i / D)]),
  )
  const z = normal(stream(0, 'z'), [K, n, D])
  const draws = Float32Array.from(z.data, (_, i) => sd * z.data[together ? i - (i % D) : i])
  return { draws: new NdArray('float32', [K, n, D], draws), truth }
}

const said = (given: Parameters<typeof diagnosis>[0], image = false) =>
  reconciled(diagnosis(given), { image })

test('draws of the law have no fault, entry by entry and as a whole', () => {
  expect(said(problem({ together: true }))).toMatch(
    /^No fault is found in entries one by one .* Next: nothing/,
  )
})

test('draws whose entries are right, but not together, are told apart', () => {
  const words = said(problem({ together: false }), true)
  expect(words).toMatch(/^Of pixels one by one \(report\) and images as a whole \(diagnose\), the latter are/)
  expect(words).toContain(
    'the latter are miscalibrated, the former are not: rely on intervals of single pixels',
  )
})

test('draws that are too narrow are wrong in both', () => {
  expect(said(problem({ together: true, sd: 0.5 }))).toMatch(/^Both .* are miscalibrated: do not rely/)
})

test('a few truths that all lie inside are no proof of anything', () => {
  const { findings } = diagnosis(problem({ together: true, n: 4 }))
  const verdicts = Object.fromEntries(findings.map(({ name, verdict }) => [name, verdict]))
  expect(verdicts['Intervals of single entries']).toBe('not tested')
  expect(verdicts['Distance from the centre']).toBe('not tested')
})

test('few problems decide nothing, and without truth nothing is said', () => {
  expect(said(problem({ together: true, n: 4 }))).toMatch(
    /^Too few data .* Next: 19 draws of 50 observations/,
  )
  const { draws } = problem({ together: true, n: 4 })
  expect(reconciled(diagnosis({ draws }), { image: false })).toBeUndefined()
})

test('every finding says what it is about', () => {
  const { draws, truth } = problem({ together: true, n: 20 })
  const observed = new NdArray('float32', [K, 20, D], draws.data)
  const { findings } = diagnosis({
    draws,
    truth,
    residuals: { draws: observed, truth },
    logDensity: { draws: normal(stream(0, 'q'), [K, 20]), truth: normal(stream(0, 'p'), [20]) },
    repaired: [{ level: 0.9, low: truth, high: truth }],
    classifier: { pValue: 0.5, local: new Float64Array(20), statistic: new Float64Array(20) },
    reference: { name: 'r', draws },
  })
  expect(findings.length).toBeGreaterThan(9)
  for (const finding of findings) expect(scopeOf(finding), finding.name).toBeDefined()
})
