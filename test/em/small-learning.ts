/** Learning that takes a second: 23 observations of four numbers, each by two. */
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import type { DiemOptions } from '../../src/em/index.ts'
import { constantRate, mlp } from '../../src/nn/index.ts'
import { type ObservationSet, observe } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'

export const COUNT = 23
export const latents = normal(stream(0, 'latents'), [COUNT, 4])
export const set: ObservationSet = await observe(latents, {
  operator: { name: 'projection', settings: { dimension: 2 } },
  noise: 0.1,
  range: [-2, 2],
  seed: 1,
})
export const net = mlp({ features: 4, hidden: [8], emb: 4 })
const schedule = exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 10 })
export const options: DiemOptions = {
  laps: 2,
  gaussian: { rank: 2, iterations: 2 },
  sampling: () => ({ schedule, steps: 3 }),
  draws: 2,
  batch: 8,
  refitRank: 2,
  training: () => ({ batch: 8, rate: constantRate(1e-2), ema: 0.9, schedule }),
  steps: (lap) => 4 - lap,
  seed: 3,
}
