/** The default flow after a short training: it parts modes that affine couplings bridge (gates: E18). */
import { expect, it } from 'vitest'
import { linearRate } from '../../src/nn/index.ts'
import { partingGap } from '../exact/parting.ts'
import { three } from '../exact/planar.ts'

it('is near to a posterior of three modes', async () => {
  const gap = await partingGap(three, {
    batch: 64,
    steps: 400,
    rate: linearRate(2e-3, 1e-5, 400),
  })
  expect(gap).toBeLessThan(0.15)
  expect(gap).toBeGreaterThan(0)
}, 120_000)
