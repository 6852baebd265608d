import { expect, it } from 'vitest'
import { refitSeconds } from '../../../src/run/learning/learning-time.ts'

it('keeps the time of the start and of the longest lap, but for the last', () => {
  const held = (lap: number, seconds: number) => ({ event: 'held', lap, seconds })
  const lap = (number: number, seconds: number) => ({ event: 'lap', lap: number, seconds })
  const journal = [
    ...[held(0, 5), lap(0, 6)], // a start of 5 s, then samples for the report
    ...[held(1, 15), lap(1, 16), held(2, 30), lap(2, 31), held(3, 90), lap(3, 91)],
  ]
  expect(refitSeconds([], 3)).toBe(0)
  expect(refitSeconds(journal.slice(0, 3), 3)).toBe(5)
  expect(refitSeconds(journal, 3)).toBe(5 + 15)
  expect(refitSeconds(journal, 4)).toBe(5 + 60)
  // Laps that were skipped, as those before the last are where nothing is gained, change nothing.
  expect(refitSeconds([...journal.slice(0, 6), lap(9, 100)], 9)).toBe(5 + 15)
})
