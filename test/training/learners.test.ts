import { describe, expect, it } from 'vitest'
import { denoisingLoss, exponentialSchedule, preconditioned } from '../../src/diffusion/index.ts'
import { linearRate, mlp } from '../../src/nn/index.ts'
import { betaBatch, normal, normalBatch, stream } from '../../src/random/index.ts'
import { flatten, ndarray, rowsAt, toNumbers } from '../../src/tensor/index.ts'
import { learner, type Objective } from '../../src/training/learner.ts'
import { initTrainState, trainer } from '../../src/training/trainer.ts'

const schedule = exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 10 })
const net = mlp({ features: 3, hidden: [16, 16], emb: 8 })
const x = normal(stream(0, 'points'), [40, 3])
const options = { batch: 8, rate: linearRate(5e-3, 1e-4, 12), ema: 0.9, adam: { clip: 1 } }

/** Denoising as an objective. */
const denoising: Objective<'x' | 'z' | 't'> = {
  count: 40,
  batch: (index, at) => {
    const where = { ...at, observation: index.map((_, i) => i) }
    return {
      x: rowsAt(x, index),
      z: normalBatch(stream(0, 'noise'), where, [3]),
      t: betaBatch(stream(0, 'times'), 3, 3, where, []),
    }
  },
  loss: (params, { x, z, t }) => denoisingLoss(preconditioned(net, params), x, z, schedule.sigmaOf(t)),
}

const numbers = (tree: object) =>
  Object.fromEntries(Object.entries(flatten(tree)).map(([name, array]) => [name, toNumbers(array)]))

describe('learning on an objective', () => {
  it('is the M-step when the objective is denoising', async () => {
    const mine = learner(denoising, options, stream(0, 'rows'))
    const theirs = trainer(net, { ...options, schedule }, (purpose) => stream(0, purpose))
    let [a, b] = [initTrainState(net.init(0)), initTrainState(net.init(0))]
    for (let step = 0; step < 12; step++) {
      const at = { lap: 0, step }
      const [left, right] = [await mine.step(a, at), await theirs.step(b, x, at)]
      expect(left.loss).toBe(right.loss)
      a = left.state
      b = right.state
    }
    expect(numbers(a)).toEqual(numbers(b))
    await Promise.all([mine.release(), theirs.release()])
  })

  it('stops when the loss is no number', async () => {
    const broken: Objective<'x' | 'z' | 't'> = {
      ...denoising,
      batch: (index, at) => ({ ...denoising.batch(index, at), x: ndarray(Array(24).fill(NaN), [8, 3]) }),
    }
    const { step, release } = learner(broken, options, stream(0, 'rows'))
    await expect(step(initTrainState(net.init(0)), { lap: 0, step: 3 })).rejects.toThrow(
      'training: the loss is NaN at lap 0, step 3',
    )
    await release()
  })
})
