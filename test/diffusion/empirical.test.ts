/** The empirical prior: its denoiser in plain numbers. It has no density, so it is not in the contract. */
import { describe, expect, it } from 'vitest'
import { empiricalDenoiser } from '../../src/diffusion/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { jit, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

const [N, event] = [7, [2, 3]]
const points = normal(stream(0, 'points'), [N, ...event])
const values = toNumbers(points)
const row = (i: number): number[] => values.slice(6 * i, 6 * i + 6)

const byHand = (xt: readonly number[], sigma: number): number[] => {
  const logs = Array.from({ length: N }, (_, i) =>
    row(i).reduce((sum, v, j) => sum - (xt[j] - v) ** 2 / (2 * sigma ** 2), 0),
  )
  const w = logs.map((log) => Math.exp(log - Math.max(...logs)))
  const total = w.reduce((a, b) => a + b, 0)
  return xt.map((_, j) => w.reduce((sum, share, i) => sum + (share / total) * row(i)[j], 0))
}

const denoised = async (xt: number[], sigmas: number[]): Promise<number[]> => {
  const D = jit((x: Tensor, s: Tensor) => empiricalDenoiser({ points })(x, s))
  const out = await D(ndarray(xt, [sigmas.length, ...event]), ndarray(sigmas))
  await D.release()
  expect(out.shape).toEqual([sigmas.length, ...event])
  return toNumbers(out)
}

describe('the denoiser of N points', () => {
  it('is their average by distance, at every level', async () => {
    const sigmas = [0.2, 0.7, 2, 30]
    const xt = toNumbers(normal(stream(1, 'xt'), [4, ...event]))
    const want = sigmas.flatMap((sigma, b) => byHand(xt.slice(6 * b, 6 * b + 6), sigma))
    expectClose(await denoised(xt, sigmas), want, 1e-5)
  })

  it('is the nearest point at a level so low that float32 would not see which one that is', async () => {
    const near = row(3).map((v, j) => v + (j === 0 ? 1e-3 : 0))
    expectClose(await denoised(near, [1e-4]), row(3), 1e-6)
  })
})
