import { expect, it } from 'vitest'
import { ddim, exponentialSchedule } from '../../src/diffusion/index.ts'
import { type DiemHooks, type DiemOptions, diem } from '../../src/em/index.ts'
import { constantRate, mlp } from '../../src/nn/index.ts'
import { observe } from '../../src/observations/index.ts'
import { mmps, type PosteriorMethod } from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { and, div, expandDims, greater, less, slice, toNumbers, where } from '../../src/tensor/index.ts'
import { distance } from '../numbers.ts'

/** MMPS that breaks down where the first entry of the state is above a limit in a step by such a ratio. */
const fragile =
  (limit: number, ratio = 0.2): PosteriorMethod =>
  (prior, observation) =>
  (xt, sigma, move) => {
    const answer = mmps({ iterations: 1 })(prior, observation)(xt, sigma, move)
    if (!move) return answer
    const first = slice(xt, [0, 0], [xt.shape[0], 1])
    const long = less(div(move.sigma, expandDims(sigma, 1)), ratio)
    return where(and(greater(first, limit), long), Number.NaN, answer)
  }

const schedule = exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 10 })

/** Two laps on masked normals: the mean of the samples of the last one. */
const learned = async (method: PosteriorMethod, hooks: DiemHooks = {}): Promise<number[]> => {
  const set = await observe(normal(stream(0, 'latents'), [24, 4]), {
    operator: { name: 'mask', settings: { keep: 0.5 } },
    noise: 0.1,
    range: [-2, 2],
    seed: 1,
  })
  const options: DiemOptions = {
    laps: 2,
    gaussian: { rank: 2, iterations: 2 },
    // Steps by a factor of 10 in σ; by 3.2 with twice as many.
    sampling: () => ({ schedule, steps: 3, step: ddim() }),
    method: () => method,
    refitRank: 2,
    training: () => ({ batch: 8, rate: constantRate(1e-3), schedule }),
    steps: () => 1,
    seed: 3,
  }
  const { gaussian } = await diem(mlp({ features: 4, hidden: [8], emb: 4 }), set, options, hooks)
  return toNumbers(gaussian.mean)
}

it('a posterior sample that is not finite by more steps either is left out', async () => {
  const kept: (number | undefined)[] = []
  const atEveryStep = fragile(12, 1)
  const mean = await learned(atEveryStep, { onLap: async (_lap, state) => void kept.push(state.kept?.size) })
  expect(mean.every(Number.isFinite)).toBe(true)
  expect(kept.slice(0, 2)).toEqual([undefined, undefined])
  expect(kept[2]).toBeGreaterThan(12)
  expect(kept[2]).toBeLessThan(24)
})

it('a posterior sample that is not finite is drawn again by more steps, and learning goes on', async () => {
  const [whole, mended] = [await learned(fragile(1e9)), await learned(fragile(12))]
  expect(mended.every(Number.isFinite)).toBe(true)
  expect(distance(mended, whole)).toBeGreaterThan(0)
  expect(distance(mended, whole)).toBeLessThan(0.2)
})
