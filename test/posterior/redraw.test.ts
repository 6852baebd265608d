import { describe, expect, it } from 'vitest'
import {
  ddim,
  exponentialSchedule,
  gaussianDenoiser,
  levelsOf,
  type Prior,
} from '../../src/diffusion/index.ts'
import { maskedBy, type ObservationSet } from '../../src/observations/index.ts'
import type { LostDraw } from '../../src/posterior/index.ts'
import { type BatchDraw, finer, posteriorDraws, priorDraws, redrawn } from '../../src/posterior/index.ts'
import { stream } from '../../src/random/index.ts'
import { full, greater, NdArray, ndarray, slice, toNumbers, where, zeros } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

const at = { stream: (purpose: string) => stream(0, purpose), lap: 0 }

/** Draws [row, times] that are not finite for some rows until they take so many times the steps. */
const told = (needs: Readonly<Record<number, number>>) => {
  const calls: string[] = []
  let released = 0
  const drawing = (times: number): BatchDraw =>
    Object.assign(
      async (from: number, to: number) => {
        calls.push(`${times}: ${from}–${to}`)
        const rows = Array.from({ length: to - from }, (_, i) => from + i)
        return ndarray(
          rows.flatMap((row) => [row, times >= (needs[row] ?? 1) ? times : Number.POSITIVE_INFINITY]),
          [to - from, 2],
        )
      },
      {
        release: async () => {
          released++
        },
      },
    )
  return { draw: redrawn(drawing), calls, released: () => released }
}

describe('draws that are not finite', () => {
  it('are drawn again by themselves, by twice and four times the steps', async () => {
    const { draw, calls, released } = told({ 5: 2, 6: 4, 9: 8 })
    const x = await draw(4, 10, at)
    expect(toNumbers(x)).toEqual([4, 1, 5, 2, 6, 4, 7, 1, 8, 1, 9, Number.POSITIVE_INFINITY])
    expect(calls).toEqual(['1: 4–10', '2: 5–6', '2: 6–7', '4: 6–7', '2: 9–10', '4: 9–10'])
    await draw.release()
    expect(released()).toBe(3)
  })

  it('cost nothing where there are none, and where all of a batch are', async () => {
    const fine = told({})
    await fine.draw(0, 4, at)
    const broken = told({ 0: 9, 1: 9, 2: 9 })
    await broken.draw(0, 3, at)
    expect([fine.calls, broken.calls]).toEqual([['1: 0–4'], ['1: 0–3']])
  })

  it('take levels between those that were given', () => {
    const grid = [8, 2, 0.5]
    expectClose(levelsOf(finer({ grid }, 2)), [8, 4, 2, 1, 0.5], 1e-12)
    expectClose(
      levelsOf(finer({ grid }, 4)).filter((_, i) => i % 4 === 0),
      grid,
      1e-12,
    )
    expect(finer({ steps: 5 }, 4).steps).toBe(20)
    expect(finer({ step: ddim() }, 2).steps).toBe(128)
    expect(finer({}, 2).steps).toBe(64)
  })
})

/** A prior whose denoiser breaks down where the first entry of the state is beyond a limit. */
const [ROWS, EVENT] = [40, [2]] as const
const gaussian = { mean: zeros([2]), covariance: { kind: 'isotropic', variance: 1 } } as const
const D = gaussianDenoiser(gaussian)
const fragile = (limit: number): Prior => ({
  denoiser: (xt, sigma, move) => {
    const first = slice(xt, [0, 0], [xt.shape[0], 1])
    return where(greater(first, limit), Number.NaN, D(xt, sigma, move))
  },
  event: EVENT,
  mean: gaussian.mean,
  schedule: exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 1 }),
  range: [-2, 2],
})
const set: ObservationSet = {
  y: zeros([ROWS, 2]),
  operator: maskedBy(full([ROWS, 2], 1), [2]),
  noise: 0.5,
  range: [-2, 2],
}
const options = { steps: 8, draws: 2, batch: 16, seed: 3, step: ddim() }

describe('of a whole set', () => {
  it('those that are lost are named and NaN, the others are what they were', async () => {
    const lost: LostDraw[] = []
    const limit = 1.9
    const draws = await posteriorDraws(fragile(limit), set, {
      ...options,
      onLost: (found) => lost.push(...found),
    })
    const whole = await posteriorDraws(fragile(1e9), set, options)
    expect(lost.length).toBeGreaterThan(0)
    expect(lost.length).toBeLessThan(ROWS)
    const names = new Set(lost.map(({ draw, observation }) => draw * ROWS + observation))
    for (let row = 0; row < 2 * ROWS; row++) {
      const own = toNumbers(new NdArray('float32', [2], draws.data.subarray(2 * row, 2 * row + 2)))
      if (names.has(row)) expect(own).toEqual([Number.NaN, Number.NaN])
      else expectClose(own, whole.data.subarray(2 * row, 2 * row + 2), 1e-5)
    }
  })

  it('an error when nobody listens, and when nothing else is left', async () => {
    await expect(posteriorDraws(fragile(1.9), set, options)).rejects.toMatchObject({
      code: 'numeric',
      message: expect.stringMatching(/^\d+ of 80 draws are not finite, the first of observation \d+: the/),
    })
    await expect(posteriorDraws(fragile(-1e9), set, { ...options, onLost: () => undefined })).rejects.toThrow(
      /^80 of 80 draws are not finite/,
    )
  })

  it('samples of a prior likewise', async () => {
    const lost: LostDraw[] = []
    const x = await priorDraws(fragile(1.9), ROWS, { ...options, onLost: (found) => lost.push(...found) })
    expect(x.shape).toEqual([ROWS, 2])
    expect(lost.length).toBeGreaterThan(0)
    const bad = Array.from({ length: ROWS }, (_, i) => i).filter((i) => Number.isNaN(x.data[2 * i]))
    expect(lost).toEqual(bad.map((observation) => ({ draw: 0, observation })))
  })
})
