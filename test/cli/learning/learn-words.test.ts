import { expect, it } from 'vitest'
import { heldWords, keptWords, passedWords, refitWords } from '../../../src/cli/learning/learn-words.ts'
import type { JournalLine } from '../../../src/run/index.ts'

it('tells each reading beside that of the Gaussian start', () => {
  const words = heldWords()
  expect(words({ lap: 0, rmse: 0.2141, crps: 0.1149, coverage90: 0.94 })).toBe(
    'Gaussian start, held-out measurements: RMSE 0.214, CRPS 0.115, 90 % intervals hold 94 %',
  )
  expect(words({ lap: 2, rmse: 0.209, crps: 0.112, coverage90: 0.951 })).toBe(
    'lap 2, held-out measurements: RMSE 0.209, CRPS 0.112, 90 % intervals hold 95 % (Gaussian: CRPS 0.115)',
  )
})

it('says in one line why a lap of less CRPS was passed over', () => {
  const least = { lap: 5, crps: 1.1449, coverage90: 0.818 }
  expect(passedWords({ lap: 3, passed: least }, least)).toBe(
    'lap 5 has the least CRPS, 1.14, but its 90 % intervals hold 82 %: lap 3 is kept',
  )
  expect(passedWords({ lap: 0, passed: least }, least)).toMatch(/: the Gaussian start is kept$/)
})

it('says what the last lap is made from', () => {
  expect(refitWords({ lap: 5, observations: 354 })).toBe('last lap on all 354 observations, from lap 5')
  expect(refitWords({ lap: 0, observations: 354 })).toBe('the Gaussian start again, of all 354 observations')
})

it('says which prior is kept, and why', () => {
  const choice = { event: 'choice', lap: 3, seconds: 1 } as const
  const passed = { ...choice, lap: 0, passed: { lap: 2, crps: 1, coverage90: 0.7 } } as const
  const refit = { event: 'refit', lap: 3, observations: 354, seconds: 2 } as const
  const kept = (laps: number, start: boolean, ...journal: JournalLine[]) =>
    keptWords({ laps, start }, 11, { refit: true, journal })
  expect(keptWords({ laps: 11 }, 11)).toBe('of lap 11 of 11')
  expect(keptWords({ laps: 0, start: true }, 11)).toBe('the Gaussian start: no lap was finished')
  expect(kept(3, false, choice, refit)).toBe(
    'of lap 3 of 11, the best on held-out measurements; then one more on all 354 observations',
  )
  expect(kept(3, false, choice)).toBe(
    'of lap 3 of 11, the best on held-out measurements; ' +
      'the time was up before the last lap on all observations was done',
  )
  expect(kept(0, true, { ...choice, lap: 0 }, refit)).toBe(
    'the Gaussian start: no lap of the network predicts held-out measurements better; ' +
      'fitted again to all 354 observations',
  )
  expect(kept(0, true, passed, refit)).toMatch(
    /^the Gaussian start: laps of less CRPS .* do not have the right intervals; fitted again/,
  )
  expect(keptWords({ laps: 3 }, 11, { refit: false, journal: [choice] })).toBe(
    'of lap 3 of 11, the best on held-out measurements',
  )
})
