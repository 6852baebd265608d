/**
 * E18: one pass of the flow that `tweedie distill` takes without a choice, trained as it is by default, draws
 * from posteriors of several modes: their divergence by quadrature.
 */
import { defaultFlow } from '../../src/amortize/index.ts'
import { flowOf } from '../../src/flows/index.ts'
import { linearRate, networkFor } from '../../src/nn/index.ts'
import { atMost, type Gate } from './gate.ts'
import { divergenceFrom, eight, type Planar, type Training, three, trainedOn } from './planar.ts'

/** The flow for signals of two numbers of which one is seen. */
const flow = flowOf(
  defaultFlow(
    { net: networkFor({ kind: 'mlp' }, [2]), event: [2] },
    { y: [1], beside: {}, crossing: 'operator' },
  ),
)

/** The defaults of the configuration of `distill`. */
const DEFAULTS: Training = { samples: 4096, batch: 64, steps: 5000, rate: linearRate(1e-3, 1e-5, 5000) }

/** KL(p ‖ q) of the default flow after a training. */
export const partingGap = async (problem: Planar, training: Training = DEFAULTS): Promise<number> =>
  divergenceFrom(problem, flow, await trainedOn(problem, flow, training))

/** E18. */
export const partingGates = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const problem of [eight, three])
    gates.push(atMost(`E18 default flow, ${problem.name}: KL (nats)`, await partingGap(problem), 0.05))
  return gates
}
