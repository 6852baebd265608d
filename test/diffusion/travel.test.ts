import { describe, expect, it } from 'vitest'
import {
  ddim,
  ddpm,
  gaussianDenoiser,
  type Step,
  standardGaussian,
  timeTravel,
} from '../../src/diffusion/index.ts'
import { jit, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, f64, wave } from '../numbers.ts'

const [t, s] = [0.9, 0.6]
const prior = gaussianDenoiser(standardGaussian(2, f64([0, 0])))

const stepped = async (step: Step, x: number[], z: number[]): Promise<number[]> => {
  const program = jit(
    (x: Tensor, z: Tensor, t: Tensor, s: Tensor) =>
      step.step(prior, { x, memory: [] }, { t, s, before: t }, z).x,
  )
  const noises = Math.max(1, step.noises)
  const out = await program(f64(x, [1, 2]), f64(z, [noises, 1, 2]), f64([t], []), f64([s], []))
  await program.release()
  return toNumbers(out)
}

describe('time travel', () => {
  const x = [0.7, -1.3]

  it('is step, noise back to σt, step', async () => {
    const z = wave(6)
    const first = await stepped(ddpm(), x, z.slice(0, 2))
    const back = first.map((v, i) => v + Math.sqrt(t ** 2 - s ** 2) * z[2 + i])
    const want = await stepped(ddpm(), back, z.slice(4, 6))
    expectClose(await stepped(timeTravel(ddpm(), { repeats: 2 }), x, z), want, 1e-12)
  })

  it('takes noise only to go back when the step needs none', async () => {
    const z = wave(2, 3)
    const first = await stepped(ddim(), x, z)
    const back = first.map((v, i) => v + Math.sqrt(t ** 2 - s ** 2) * z[i])
    expectClose(
      await stepped(timeTravel(ddim(), { repeats: 2 }), x, z),
      await stepped(ddim(), back, z),
      1e-12,
    )
  })

  it('once is the step itself', async () => {
    expectClose(
      await stepped(timeTravel(ddim(), { repeats: 1 }), x, wave(2)),
      await stepped(ddim(), x, wave(2)),
      1e-15,
    )
    expect(timeTravel(ddim(), { repeats: 1 }).noises).toBe(0)
  })

  it('counts noises and evaluations', () => {
    const { noises, evaluations, name } = timeTravel(ddpm(), { repeats: 5 })
    expect([noises, evaluations, name]).toEqual([9, 5, 'ddpm x 5'])
  })
})
