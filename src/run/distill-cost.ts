/** What a step of distillation costs, before a run is made of it. */
import { freshFlow, initFlowState } from '../amortize/index.ts'
import { flowOf } from '../flows/index.ts'
import { shapesOnly } from '../nn/index.ts'
import { zeros } from '../tensor/index.ts'
import { type Objective, type TrainingCost, type TrainState, trainingCost } from '../training/index.ts'
import { denoiserObjectiveOf } from './denoiser-learner.ts'
import type { DistillRequest } from './distill-request.ts'
import { withFlowObjective } from './flow-learner.ts'

/** Whatever wants to see the objective of a distillation, and a state of the right shapes. */
type Look<T> = <B>(objective: Objective<B>, fresh: TrainState) => Promise<T>

/**
 * Shows the objective of a distillation, with zeros for the samples of the prior. Flows come without fresh
 * weights: zeros, which take neither time nor memory.
 */
export const lookAtDistillation = async <T>(request: DistillRequest, look: Look<T>): Promise<T> => {
  const { flow, prior, seed } = request
  const samples = zeros([2, ...prior.event])
  if (flow.kind === 'denoiser') {
    const { fresh, objectiveOf } = await denoiserObjectiveOf(request, flow)
    return look(objectiveOf(samples), fresh())
  }
  const fresh = shapesOnly(() => initFlowState(freshFlow(flow, prior.gaussian, seed)))
  return withFlowObjective(
    request,
    flowOf(flow),
    () => samples,
    (objective) => look(objective, fresh),
  )
}

/** The cost of a step of so many rows at once. */
export const distillCost = (request: DistillRequest, rows: number): Promise<TrainingCost> =>
  lookAtDistillation(request, (objective, fresh) => trainingCost(objective, fresh, rows))
