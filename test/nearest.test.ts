import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from '../src/nearest.ts'

describe('editDistance', () => {
  it.each([
    ['kitten', 'sitting', 3], // the textbook example
    ['Saturday', 'Sunday', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['same', 'same', 0],
    ['ab', 'ba', 1], // a swap counts once
    ['ca', 'abc', 3], // where optimal string alignment differs from the unrestricted distance (2)
  ])('%s → %s is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })
})

describe('nearest', () => {
  it('finds what was meant, or nothing', () => {
    expect(nearest('chanels', ['channels', 'blocks', 'heads'])).toBe('channels')
    expect(nearest('LR', ['lr', 'ema'])).toBe('lr')
    expect(nearest('zebra', ['channels', 'blocks'])).toBeUndefined()
    expect(nearest('a', [])).toBeUndefined()
  })
})
