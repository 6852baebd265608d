import { initMoments, type Moments } from '../nn/index.ts'
import type { NdArray, Tree } from '../tensor/index.ts'
import type { Trained } from './objective.ts'

/** Everything that training changes. */
export type TrainState<L = NdArray> = Trained<L> & {
  /** The exponential moving average of the weights; the weights themselves where none is wanted. */
  readonly average: Tree<L>
  readonly moments: Moments<Tree<L>>
}

/**
 * A state in which nothing has been learned; the average starts from the parameters.
 *
 * @param params - weights to begin with, such as `net.init(seed)`
 * @param statistics - those of BatchNorm; default none
 */
export const initTrainState = (params: Tree<NdArray>, statistics: Tree<NdArray> = {}): TrainState => ({
  params,
  average: params,
  moments: initMoments(params),
  statistics,
})
