/**
 * E18: one pass of the flow that `tweedie distill` takes without a choice, trained as it is by default, draws
 * from posteriors of several modes: their divergence by quadrature.
 */
import { defaultFlow } from '../../src/amortize/index.ts'
import { type Flow, flowOf } from '../../src/flows/index.ts'
import { linearRate, networkFor } from '../../src/nn/index.ts'
import { atMost, type Gate } from './gate.ts'
import { divergenceFrom, eight, type Planar, three, trainedOn } from './planar.ts'
import type { Training } from './trained-flow.ts'

/** The flow for vectors of n numbers of which m are seen. */
export const flowOfVectors = (n: number, m: number): Flow =>
  flowOf(
    defaultFlow(
      { net: networkFor({ kind: 'mlp' }, [n]), event: [n] },
      { y: [m], beside: {}, crossing: 'operator' },
    ),
  )

/** Samples of the prior that `distill` takes by default, and how it trains. */
export const SAMPLES = 4096
export const TRAINING: Training = { batch: 64, steps: 5000, rate: linearRate(1e-3, 1e-5, 5000) }

/** KL(p ‖ q) of the default flow after a training. */
export const partingGap = async (problem: Planar, training = TRAINING): Promise<number> => {
  const flow = flowOfVectors(2, 1)
  return divergenceFrom(problem, flow, await trainedOn(problem, flow, { samples: SAMPLES, ...training }))
}

/** E18. */
export const partingGates = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const problem of [eight, three])
    gates.push(atMost(`E18 default flow, ${problem.name}: KL (nats)`, await partingGap(problem), 0.05))
  return gates
}
