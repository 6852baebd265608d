import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { paced } from '../../../web/gallery/pace.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A stroke of a move every 16 ms: [milliseconds, move] of what was evaluated. */
const stroke = (moves: number, lasting: number): readonly (readonly [number, number])[] => {
  const begin = performance.now()
  const seen: [number, number][] = []
  const pace = paced(
    (move: number) => seen.push([performance.now() - begin, move]),
    () => lasting,
  )
  for (let move = 0; move < moves; move++) {
    pace.take(move, true)
    vi.advanceTimersByTime(16)
  }
  pace.take(moves - 1, false)
  vi.advanceTimersByTime(1000)
  return seen
}

it('evaluates a short stroke once, when it ends', () => {
  expect(stroke(5, 70)).toEqual([[80, 4]])
})

it('follows a long one at a pace that leaves the engine free half of the time', () => {
  // 2 × 70 ms after its beginning, and again after that; the newest move each time; the last one at the end.
  expect(stroke(20, 70)).toEqual([
    [140, 8],
    [280, 17],
    [320, 19],
  ])
  expect(stroke(8, 10).map(([at]) => at)).toEqual([100, 128])
})

it('does not evaluate twice what stands when a stroke ends', () => {
  const work = vi.fn()
  const pace = paced(work, () => 0)
  pace.take('a', true)
  vi.advanceTimersByTime(100)
  pace.take('a', false)
  expect(work).toHaveBeenCalledTimes(1)
  pace.take('b', false)
  expect(work).toHaveBeenLastCalledWith('b')
})

it('leaves off what waits', () => {
  const work = vi.fn()
  const pace = paced(work, () => 0)
  pace.take('a', true)
  pace.stop()
  vi.advanceTimersByTime(1000)
  expect(work).not.toHaveBeenCalled()
})
