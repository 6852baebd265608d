import { describe, expect, it, vi } from 'vitest'
import { saveClock } from '../../src/run/index.ts'

describe('the clock of resume points', () => {
  it('does not care when the date of the machine is changed', () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1e12 })
    try {
      const clock = saveClock(60)
      vi.setSystemTime(2e12)
      expect(clock.due()).toBe(false)
      vi.setSystemTime(0)
      vi.advanceTimersByTime(61_000)
      expect(clock.due()).toBe(true)
      clock.saved()
      expect(clock.due()).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })
})
