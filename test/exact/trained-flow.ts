/** A flow trained on simulations y = A x + s n of samples of a prior, as `distill` does by default. */
import { flowParamsOf, forwardObjective, initFlowState } from '../../src/amortize/index.ts'
import type { Flow, FlowParams } from '../../src/flows/index.ts'
import type { LearningRate } from '../../src/nn/index.ts'
import { stream } from '../../src/random/index.ts'
import { add, constant, matmul, mul, type NdArray, type Tensor, zeros } from '../../src/tensor/index.ts'
import { trainer } from '../../src/training/index.ts'

/** How samples are seen. */
export interface Seen {
  /** Aᵀ, [n, m]. */
  readonly transposed: NdArray
  readonly noise: number
}

/** How a flow is trained. */
export interface Training {
  readonly batch: number
  readonly steps: number
  readonly rate: LearningRate
}

/** The parameters of a flow after training on simulations of x [N, n]. */
export const trainedFlow = async (
  flow: Flow,
  x: NdArray<'float32'>,
  { transposed, noise }: Seen,
  { batch, steps, rate }: Training,
): Promise<FlowParams<NdArray>> => {
  const measurements = {
    arrays: { y: zeros([1024, ...flow.condition]) },
    observe: () => {
      throw new Error('simulations do not look at y')
    },
    condition: ({ y }: { y: Tensor }) => y,
    simulate: (_: unknown, x: Tensor, e: Tensor) => add(matmul(x, constant(transposed)), mul(e, noise)),
  }
  const streamOf = (purpose: string) => stream(4, purpose)
  const objective = forwardObjective(flow, x, measurements, streamOf)
  const { step, release } = trainer(objective, { batch, rate, ema: 0.99 }, streamOf('rows'))
  let state = initFlowState(flow.init(0))
  for (let i = 0; i < steps; i++) state = (await step(state, { step: i })).state
  await release()
  return flowParamsOf(state)
}
