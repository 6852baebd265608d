import { describe, expect, it } from 'vitest'
import { chosenLap, isSettled, type LapReading } from '../../../src/run/learning/held-choice.ts'

/** Readings [CRPS, coverage] of the Gaussian start and the laps after it. */
const of = (...figures: readonly (readonly [number, number])[]): LapReading[] =>
  figures.map(([crps, coverage90], lap) => ({ lap, crps, coverage90 }))

describe('the lap that is kept', () => {
  it('is the one of the least CRPS where intervals are right', () => {
    expect(chosenLap(of([1.3, 0.9], [1.2, 0.87], [1.1, 0.93], [1.15, 0.9]))).toEqual({ lap: 2 })
    expect(chosenLap(of([1.3, 0.9], [1.3, 0.9]))).toEqual({ lap: 0 })
  })

  it('passes over laps whose intervals are too narrow or too wide, and says so', () => {
    const [narrow, wide] = [
      [1.16, 0.85],
      [1.15, 0.95],
    ] as const
    expect(chosenLap(of([1.3, 0.9], [1.2, 0.86], narrow))).toEqual({
      lap: 1,
      passed: { lap: 2, crps: 1.16, coverage90: 0.85 },
    })
    expect(chosenLap(of([1.3, 0.9], wide, [1.2, 0.94]))).toMatchObject({ lap: 2, passed: { lap: 1 } })
    expect(chosenLap(of([1.2, 0.9], narrow))).toMatchObject({ lap: 0, passed: { lap: 1 } })
  })

  it('takes nearly right intervals where CRPS is far better', () => {
    expect(chosenLap(of([1.3, 0.87], [1.1, 0.85]))).toEqual({ lap: 1 })
    expect(chosenLap(of([1.3, 0.87], [1.2, 0.86], [1.1, 0.85]))).toEqual({ lap: 2 })
    expect(chosenLap(of([1.3, 0.87], [0.9, 0.8]))).toMatchObject({ lap: 0, passed: { lap: 1 } })
  })

  it('takes intervals that are no further from right than those of the Gaussian start', () => {
    expect(chosenLap(of([1.3, 0.8], [1.2, 0.82], [1.1, 0.78]))).toEqual({
      lap: 1,
      passed: { lap: 2, crps: 1.1, coverage90: 0.78 },
    })
    expect(chosenLap(of([1.3, 0.98], [1.2, 0.83]))).toEqual({ lap: 1 })
    // Itself it is always taken, however wrong.
    expect(chosenLap(of([1.3, 0.5], [1.4, 0.9]))).toEqual({ lap: 0 })
  })
})

describe('laps that bring nothing', () => {
  const right = (...crps: readonly number[]) => of([2, 0.9], ...crps.map((c) => [c, 0.9] as const))

  it('are three after the best', () => {
    expect(isSettled(right(1, 1.1, 1.1))).toBe(false)
    expect(isSettled(right(1, 1.1, 1.1, 1.1))).toBe(true)
    expect(isSettled(right(1, 1.1, 1.1, 0.9))).toBe(false)
    expect(isSettled(right())).toBe(false)
  })

  it('are those too whose intervals will not do', () => {
    const lap3 = (coverage90: number) => of([2, 0.9], [1, 0.9], [1.1, 0.9], [0.9, coverage90], [1, 0.9])
    expect(isSettled(lap3(0.9))).toBe(false)
    expect(isSettled(lap3(0.8))).toBe(true)
    expect(isSettled(of([2, 0.9], [1, 0.8], [0.9, 0.8]))).toBe(false)
    expect(isSettled(of([2, 0.9], [1, 0.8], [0.9, 0.8], [0.8, 0.8]))).toBe(true)
  })
})
