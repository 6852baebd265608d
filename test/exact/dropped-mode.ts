/**
 * Reverse KL seeks modes. The prior has two, at (±1.5, 0) with a third and two thirds; only the second entry
 * is observed, so every posterior keeps both. An affine flow can hold one: the diagnostics have to say so,
 * and to say nothing about exact draws.
 */
import { boundNegLogPrior, flowParamsOf, initFlowState, reverseObjective } from '../../src/amortize/index.ts'
import { diagnosis, sbc } from '../../src/diagnose/index.ts'
import { mixtureDenoiser } from '../../src/diffusion/index.ts'
import { type Flow, gaussianFlow } from '../../src/flows/index.ts'
import { exponentialRate } from '../../src/nn/index.ts'
import { isotropicNoise, mask } from '../../src/operators/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import {
  constant,
  full,
  jit,
  type NdArray,
  ndarray,
  type Tensor,
  take,
  toNumbers,
} from '../../src/tensor/index.ts'
import { trainer } from '../../src/training/index.ts'
import { atMost, between, type Gate, shown } from './gate.ts'

const CENTRE = 1.5
const LEFT = 1 / 3
const VARIANCE = 0.09
const NOISE = 0.2

const affine = gaussianFlow({ size: 2, condition: 1 })
const flow: Flow = affine

/**
 * Nearer to the right mode than to the left one: an affine flow that starts in the
 * middle stays there, across both.
 */
const start = () => {
  const { weights, statistics } = affine.init(0)
  const biased = { ...weights, bias: ndarray([1, 0]), logDiagonal: full([2], -1) }
  return initFlowState({ weights: biased, statistics })
}

const prior = mixtureDenoiser({
  weights: ndarray([LEFT, 1 - LEFT]),
  means: ndarray([-CENTRE, 0, CENTRE, 0], [2, 2]),
  variances: ndarray([VARIANCE, VARIANCE]),
})

/** x [count, 2] of the prior, and y [count, 2] whose first entry was deleted. */
const problems = (name: string, count: number): { x: NdArray; y: NdArray<'float32'> } => {
  const side = toNumbers(uniform(stream(7, `${name} side`), [count]))
  const z = toNumbers(normal(stream(7, `${name} x`), [count, 2]))
  const n = toNumbers(normal(stream(7, `${name} noise`), [count]))
  const s = Math.sqrt(VARIANCE)
  const x = side.flatMap((u, i) => [(u < LEFT ? -CENTRE : CENTRE) + s * z[2 * i], s * z[2 * i + 1]])
  return {
    x: ndarray(x, [count, 2]),
    y: ndarray(
      n.flatMap((e, i) => [0, x[2 * i + 1] + NOISE * e]),
      [count, 2],
    ),
  }
}

/** The flow after training, and its K draws [K, N, 2] for each y. */
const flowDraws = async (y: NdArray, draws: number, steps: number): Promise<NdArray> => {
  const keep = constant(ndarray([0, 1], [1, 2]))
  const measurements = {
    arrays: { y: problems('train', 4096).y },
    observe: ({ y }: { y: Tensor }) => ({ y, A: mask(keep), noise: isotropicNoise(NOISE) }),
    condition: ({ y }: { y: Tensor }) => take(y, [1], 1),
  }
  const options = { batch: 128, rate: exponentialRate(3e-2, 1e-3, steps) }
  const streamOf = (purpose: string) => stream(8, purpose)
  const objective = reverseObjective(flow, boundNegLogPrior(prior, streamOf), measurements, {}, streamOf)
  const { step, release } = trainer(objective, options, streamOf('rows'))
  let state = start()
  for (let i = 0; i < steps; i++) state = (await step(state, { step: i })).state
  await release()
  const count = y.shape[0]
  const seen = toNumbers(y).filter((_, i) => i % 2 === 1)
  const told = ndarray(Array.from({ length: draws }, () => seen).flat(), [draws * count, 1])
  const sample = jit((p: Parameters<typeof flow.sample>[0], y: Tensor, z: Tensor) => flow.sample(p, y, z).x)
  const x = await sample(flowParamsOf(state), told, normal(stream(7, 'z'), [draws * count, 2]))
  await sample.release()
  return ndarray(toNumbers(x), [draws, count, 2])
}

/** Draws of the posterior itself, [K, N, 2]: a side by a coin, the second entry by conditioning. */
const exactDraws = (y: NdArray, draws: number): NdArray => {
  const count = y.shape[0]
  const side = toNumbers(uniform(stream(7, 'exact side'), [draws * count]))
  const z = toNumbers(normal(stream(7, 'exact'), [draws * count, 2]))
  const gain = VARIANCE / (VARIANCE + NOISE ** 2)
  const x = side.flatMap((u, i) => [
    (u < LEFT ? -CENTRE : CENTRE) + Math.sqrt(VARIANCE) * z[2 * i],
    gain * Number(y.data[2 * (i % count) + 1]) + Math.sqrt(gain) * NOISE * z[2 * i + 1],
  ])
  return ndarray(x, [draws, count, 2])
}

/** The diagnostics of draws. */
export interface DrawsDiagnosed {
  /** Share of the draws on the left side; the posteriors have a third. */
  readonly left: number
  /** Share of problems in which the truth lies beyond all draws, in each entry. */
  readonly beyond: readonly number[]
  /** Tests whose verdict is `miscalibrated`. */
  readonly miscalibrated: readonly string[]
}

const diagnosed = (draws: NdArray, truth: NdArray): DrawsDiagnosed => {
  const { quantities, draws: K } = sbc(draws, truth)
  const first = toNumbers(draws).filter((_, i) => i % 2 === 0)
  return {
    left: first.filter((v) => v < 0).length / first.length,
    beyond: quantities.map(({ ranks }) => ranks.filter((r) => r === 0 || r === K).length / ranks.length),
    miscalibrated: diagnosis({ draws, truth })
      .findings.filter(({ verdict }) => verdict === 'miscalibrated')
      .map(({ name }) => name),
  }
}

/** Diagnostics of the flow's draws and of exact ones. */
export const droppedModeDiagnosed = async ({
  count = 400,
  draws = 99,
  steps = 800,
} = {}): Promise<{
  flow: DrawsDiagnosed
  exact: DrawsDiagnosed
}> => {
  const { x, y } = problems('test', count)
  return {
    flow: diagnosed(await flowDraws(y, draws, steps), x),
    exact: diagnosed(exactDraws(y, draws), x),
  }
}

/** A dropped mode is named: by the entry in which it lies, the side that is missing, and how often. */
export const droppedMode = async (): Promise<Gate[]> => {
  const { flow, exact } = await droppedModeDiagnosed()
  return [
    atMost("dropped mode: share of the flow's draws on the left", flow.left, 0.01),
    between('dropped mode: truths beyond all draws, first entry', flow.beyond[0], 0.28, 0.4),
    atMost('dropped mode: truths beyond all draws, second entry', flow.beyond[1], 0.08),
    between('dropped mode: tests that find the flow miscalibrated', flow.miscalibrated.length, 1, 10),
    atMost('dropped mode: tests that find exact draws miscalibrated', exact.miscalibrated.length, 0),
    shown('dropped mode: truths beyond all exact draws, first entry', exact.beyond[0]),
  ]
}
