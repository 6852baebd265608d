/** Learning whose time is up before there is anything to keep. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { constantRate } from '../../src/nn/index.ts'
import { maskedBy } from '../../src/observations/index.ts'
import { type LearnRequest, learn, loadPrior, openRun } from '../../src/run/index.ts'
import { full } from '../../src/tensor/index.ts'
import { waveOf } from '../numbers.ts'
import { scratch } from './scratch.ts'

const schedule = exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 10 })
const y = waveOf([8, 1, 5, 7], 1)
const request: LearnRequest = {
  net: { kind: 'unet', io: 1, channels: [4, 4], blocks: [1, 1], emb: 8 },
  set: { y, operator: maskedBy(full(y.shape, 1), [1, 5, 7]), noise: 0.1, range: [-1, 1] },
  sigmaMin: 0.02,
  sigmaMax: 10,
  options: {
    laps: 1,
    gaussian: { rank: 3, iterations: 2 },
    sampling: () => ({ schedule, steps: 4 }),
    refitRank: 3,
    training: () => ({ schedule, batch: 4, rate: constantRate(1e-3), ema: 0.5 }),
    steps: () => 3,
    seed: 0,
  },
}

it('says that the time did not do for the Gaussian start, and goes on when there is more', async () => {
  const path = join(scratch(), 'run')
  const run = openRun(path, { config: {} })
  await expect(learn(run, { ...request, seconds: 1e-3 })).rejects.toMatchObject({
    code: 'input',
    message:
      'the time was up before the Gaussian start was made; give it more (--resume --minutes …), ' +
      'it goes on from where it is',
  })
  run.close()
  const again = openRun(path, { config: {}, resume: true })
  await learn(again, { ...request, seconds: 600 })
  again.close()
  expect(loadPrior(path).laps).toBe(1)
}, 60_000)
