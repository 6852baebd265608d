import { expect, it } from 'vitest'
import { expectedLogq } from '../../../src/amortize/index.ts'
import { fitLogq } from '../../../src/run/trust/fit-logq.ts'

const shares = Array.from({ length: 40 }, (_, i) => (i + 1) / 41)

it('finds coefficients, and fewer of few observations', () => {
  const at = shares.map((seen, i) => ({ seen, noise: 0.01 * 30 ** ((i % 7) / 6) }))
  const logq = at.map((one) => expectedLogq([700, 40, -650, -20], one))
  expect(fitLogq(at, logq)).toEqual([700, 40, -650, -20].map((b) => expect.closeTo(b, 6)))
  // Seven observations: their mean.
  const mean = logq.slice(0, 7).reduce((a, b) => a + b, 0) / 7
  expect(fitLogq(at.slice(0, 7), logq.slice(0, 7))).toEqual([expect.closeTo(mean, 8)])
})

it('expects what it should where terms do not differ', () => {
  const one = shares.map((seen) => ({ seen, noise: 0.05 }))
  const logq = one.map(({ seen }) => 100 + 900 * seen)
  const coefficients = fitLogq(one, logq)
  for (const [i, at] of one.entries()) expect(expectedLogq(coefficients, at)).toBeCloseTo(logq[i], 6)
  // Of operators that delete nothing the noise alone matters.
  const all = shares.map((share) => ({ noise: 0.3 * share }))
  const ofNoise = all.map(({ noise }) => -64 * Math.log(noise))
  const found = fitLogq(all, ofNoise)
  for (const [i, at] of all.entries()) expect(expectedLogq(found, at)).toBeCloseTo(ofNoise[i], 6)
})
