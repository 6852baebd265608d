/** Few steps as one expression are the sampler's. */
import { expect, it } from 'vitest'
import {
  ddim,
  ddpm,
  dpmSolver,
  exponentialSchedule,
  gaussianDenoiser,
  heun,
  levelsOf,
  type Step,
  sampler,
  taperedGrid,
  unrolled,
} from '../../src/diffusion/index.ts'
import { fullRank } from '../../src/linalg/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { jit, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, f64 } from '../numbers.ts'

const prior = gaussianDenoiser({
  mean: f64([0.5, -1]),
  covariance: fullRank(f64([1, 0.6, 0.6, 0.5], [2, 2])),
})
const z = f64(toNumbers(normal(stream(0, 'z'), [3, 2])), [3, 2])
const schedule = exponentialSchedule()

it.each<[string, Step]>([
  ['ddim', ddim()],
  ['dpm', dpmSolver()],
  ['heun', heun()],
])('%s, seven steps', async (_, step) => {
  const grid = levelsOf({ schedule, steps: 7 }, taperedGrid)
  const program = jit((z: Tensor) => unrolled(prior, z, step, grid))
  const draw = sampler(() => prior, { schedule, step, grid })
  const want = await draw({}, { shape: [3, 2], noise: () => z })
  expectClose(toNumbers(await program(z)), toNumbers(want), 1e-10)
  await Promise.all([draw.release(), program.release()])
})

it('refuses steps that take noise', async () => {
  const program = jit((z: Tensor) => unrolled(prior, z, ddpm(), [1, 0.1]))
  await expect(program(z)).rejects.toThrow("step 'ddpm' takes noise")
})
