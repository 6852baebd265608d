import { describe, expect, it } from 'vitest'
import { maskedBy, type SetAside } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { heldJudge } from '../../src/run/held-out.ts'
import { full, NdArray } from '../../src/tensor/index.ts'

/** Measurements y = x + 0.5 z of a known x = 0, the second half of which is not held out. */
const [count, size, noise] = [200, 40, 0.5] as const
const half = new NdArray(
  'float32',
  [1, size],
  Float32Array.from({ length: size }, (_, i) => (i < 20 ? 1 : 0)),
)
const z = normal(stream(0, 'z'), [count, size]).data
const held = {
  y: new NdArray(
    'float32',
    [count, size],
    z.map((v, i) => (i % size < 20 ? noise * v : 0)),
  ),
  operator: maskedBy(half, [size]),
  noise,
  range: [-1, 1] as const,
}
const aside: SetAside = { held, given: held, rest: held }

describe('figures of what was held out', () => {
  it('of draws that know the signal are those of the noise', async () => {
    const judge = heldJudge(aside)
    const { rmse, crps, coverage90 } = await judge.figures(full([19, count, size], 0))
    await judge.release()
    // 4000 entries: the error of each figure is about 1 %.
    expect(rmse / noise).toBeCloseTo(1, 1)
    // CRPS of N(0, σ²) about its own draw: σ/√π.
    expect(crps / (noise / Math.sqrt(Math.PI))).toBeCloseTo(1, 1)
    expect(Math.abs(coverage90 - 0.9)).toBeLessThan(0.02)
  })

  it('see draws that are off, and draws that are too sure', async () => {
    const judge = heldJudge(aside)
    const off = await judge.figures(full([19, count, size], 1))
    expect(off.rmse).toBeCloseTo(Math.sqrt(1 + noise ** 2), 1)
    expect(off.coverage90).toBeLessThan(0.5)
    // Draws of the prior N(0, 1) of an x that is 0: √(σ² + 1/19) for the mean of 19, and too wide.
    const wide = await judge.figures(normal(stream(1, 'draws'), [19, count, size]))
    expect(wide.rmse).toBeCloseTo(Math.sqrt(noise ** 2 + 1 / 19), 1)
    expect(wide.coverage90).toBeGreaterThan(0.98)
    await judge.release()
  })
})
