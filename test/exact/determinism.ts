/** Draws depend on the seed and on nothing else: same bytes again, same numbers in any batch. */
import { preconditioned, sampler } from '../../src/diffusion/index.ts'
import { cg } from '../../src/linalg/index.ts'
import { mlp } from '../../src/nn/index.ts'
import { isotropicNoise, projection } from '../../src/operators/index.ts'
import { mmps } from '../../src/posterior/index.ts'
import { normalBatch, stream } from '../../src/random/index.ts'
import { frozen, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { atMost, type Gate } from './gate.ts'

const FEATURES = 8
const SEEN = 3
const DRAWS = 64
const STEPS = 16

/**
 * Draws 0 … 63 of a posterior under a small random network, computed in batches of a given size, one row
 * each.
 */
const drawsInBatches = async (batch: number, seed = 1): Promise<number[][]> => {
  const net = mlp({ features: FEATURES, hidden: [32, 32], emb: 16 })
  const weights = net.init(3)
  const draw = sampler(
    ({ y, A }: { y: Tensor; A: Tensor }) =>
      mmps({ solve: cg({ iterations: 2 }) })(preconditioned(net, frozen(weights)), {
        y,
        A: projection(A),
        noise: isotropicNoise(0.1),
      }),
    { steps: STEPS },
  )
  const out: number[][] = []
  for (let first = 0; first < DRAWS; first += batch) {
    const observation = Array.from({ length: Math.min(batch, DRAWS - first) }, (_, i) => first + i)
    const at = (name: string, event: readonly number[], step = 0, lap = 0) =>
      normalBatch(stream(seed, name), { observation, step, lap }, event)
    const x = await draw(
      { y: at('y', [SEEN]), A: at('A', [SEEN, FEATURES]) },
      {
        shape: [observation.length, FEATURES],
        noise: (step, index) => at('noise', [FEATURES], step + 1, index),
      },
    )
    const values = toNumbers(x)
    for (const i of observation.keys()) out.push(values.slice(i * FEATURES, (i + 1) * FEATURES))
  }
  await draw.release()
  return out
}

/** Largest difference of a draw, relative to its length. */
const drawGap = (a: number[][], b: number[][]): number =>
  Math.max(
    ...a.map((row, i) => Math.hypot(...row.map((v, j) => v - b[i][j])) / Math.max(1e-30, Math.hypot(...row))),
  )

/** E12, as far as one machine and one device go. */
export const determinism = async (): Promise<Gate[]> => {
  const whole = await drawsInBatches(DRAWS)
  const gates = [
    atMost('E12 same seed, numbers that differ', drawGap(await drawsInBatches(DRAWS), whole), 0),
    atMost('E12 batches of 7 against 64', drawGap(await drawsInBatches(7), whole), 1e-5),
    atMost('E12 batches of 1 against 64', drawGap(await drawsInBatches(1), whole), 1e-5),
  ]
  const other = drawGap(await drawsInBatches(DRAWS, 2), whole)
  return [...gates, { name: 'E12 another seed', value: other, gate: '> 0.01', pass: other > 0.01 }]
}
