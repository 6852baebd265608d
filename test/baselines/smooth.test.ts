import { describe, expect, it } from 'vitest'
import { baselineNamed } from '../../src/baselines/index.ts'
import { maskedBy, type ObservationSet, observe, unchanged } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { ndarray, toNumbers } from '../../src/tensor/index.ts'

const restored = async (name: string, set: ObservationSet): Promise<number[]> =>
  toNumbers((await baselineNamed(name).make()(set)).mean)

const signal = (y: number[], noise: number): ObservationSet => ({
  y: ndarray(y, [1, 1, y.length]),
  operator: unchanged([1, y.length]),
  noise,
  range: [0, 4],
})

describe('total variation', () => {
  const [low, high, n1, n2] = [1, 3, 12, 20]
  const step = [...Array(n1).fill(low), ...Array(n2).fill(high)]

  it('draws the two pieces of a step together by just the noise', async () => {
    // Pieces move by t/n1 and t/n2, so that t² (1/n1 + 1/n2) = δ² = n σ².
    const noise = 0.3
    const t = noise * Math.sqrt((n1 + n2) / (1 / n1 + 1 / n2))
    const found = await restored('tv', signal(step, noise))
    found.forEach((v, i) => {
      expect(v).toBeCloseTo(i < n1 ? low + t / n1 : high - t / n2, 2)
    })
  })

  it('is flat where the noise explains everything, on an image too', async () => {
    const found = await restored('tv', signal(step, 2))
    const mean = (low * n1 + high * n2) / (n1 + n2)
    for (const v of found) expect(v).toBeCloseTo(mean, 2)
  })

  it('leaves just the residual of the noise, of a blurred image too', async () => {
    const x = normal(stream(0, 'x'), [2, 1, 12, 12]).data.map((v, i) => 0.2 * v + (i % 12 < 6 ? 0 : 1))
    const truth = ndarray(x, [2, 1, 12, 12])
    const set = await observe(truth, {
      operator: { name: 'blur', settings: { sigma: 1 } },
      noise: 0.1,
      range: [-1, 2],
      seed: 0,
    })
    const { mean } = await baselineNamed('tv').make()(set)
    const blurred = await observe(mean, {
      operator: { name: 'blur', settings: { sigma: 1 } },
      noise: 1e-9,
      range: [-1, 2],
      seed: 0,
    })
    for (const i of [0, 1]) {
      let sum = 0
      for (let p = i * 144; p < (i + 1) * 144; p++) sum += (set.y.data[p] - blurred.y.data[p]) ** 2
      expect(Math.sqrt(sum / 144)).toBeCloseTo(0.1, 3)
    }
  })
})

describe("Tikhonov's regularisation", () => {
  it('is (I + λ ∇ᵀ∇)⁻¹ y with the residual of the noise', async () => {
    const y = Array.from({ length: 16 }, (_, i) => 2 + Math.sin(1.7 * i) + 0.05 * i)
    const noise = 0.4
    const found = await restored('tikhonov', signal(y, noise))
    const residual = found.map((v, i) => y[i] - v)
    expect(Math.sqrt(residual.reduce((s, r) => s + r * r, 0) / 16)).toBeCloseTo(noise, 3)
    // y − x = λ ∇ᵀ∇ x with one λ > 0: the two are parallel.
    const bent = found.map((v, i) => (i > 0 ? v - found[i - 1] : 0) + (i < 15 ? v - found[i + 1] : 0))
    const inner = (a: number[], b: number[]) => a.reduce((s, v, i) => s + v * b[i], 0)
    const cosine = inner(residual, bent) / Math.sqrt(inner(residual, residual) * inner(bent, bent))
    expect(cosine).toBeGreaterThan(0.9999)
  })

  it('of hidden entries is their linear interpolation', async () => {
    const [y, mask] = [
      [1, 0, 0, 4],
      [1, 0, 0, 1],
    ]
    const operator = maskedBy(ndarray(mask, [1, 1, 4]), [1, 4])
    const found = await restored('tikhonov', { ...signal(y, 0.001), operator })
    found.forEach((v, i) => {
      expect(v).toBeCloseTo(1 + i, 1)
    })
  })
})
