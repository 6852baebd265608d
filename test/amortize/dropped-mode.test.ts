import { expect, it } from 'vitest'
import { droppedModeDiagnosed } from '../exact/dropped-mode.ts'

it('a mode that reverse KL dropped is named by the diagnostics, and exact draws pass them', async () => {
  const { flow, exact } = await droppedModeDiagnosed({ count: 300, steps: 500 })
  expect(flow.left).toBeLessThan(0.01)
  expect(flow.beyond[0]).toBeGreaterThan(0.25)
  expect(flow.beyond[1]).toBeLessThan(0.1)
  expect(flow.miscalibrated).toContain('Ranks (SBC)')
  expect(flow.miscalibrated).toContain('Intervals of single entries')
  expect(exact.miscalibrated).toEqual([])
})
