/**
 * A flow in training: its weights are the parameters of the loop, its statistics those that batches average.
 */
import type { FlowParams } from '../../flows/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import { initTrainState, type Trained, type TrainState } from '../../training/index.ts'

/** A flow before its first step, such as `initFlowState(flow.init(seed))`. */
export const initFlowState = ({ weights, statistics }: FlowParams<NdArray>): TrainState =>
  initTrainState(weights, statistics)

/** The flow of a state. */
export const flowParamsOf = <L>({ params, statistics }: Trained<L>): FlowParams<L> => ({
  weights: params,
  statistics,
})
