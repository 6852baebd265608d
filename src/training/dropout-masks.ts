import type { Network } from '../nn/index.ts'
import { bernoulli, type Stream } from '../random/index.ts'
import type { NdArray, Shape } from '../tensor/index.ts'
import type { StepAddress } from './objective.ts'

/**
 * The 0/1 masks of a network's dropout layers in one step, in their order; none without dropout.
 *
 * @param shape - of the network's input
 */
export const dropoutMasks = (
  { dropout, keepShapes }: Pick<Network, 'dropout' | 'keepShapes'>,
  shape: Shape,
  stream: Stream,
  at: StepAddress,
): readonly NdArray[] =>
  keepShapes(shape).map((layer, i) => bernoulli(stream, 1 - dropout, layer, { ...at, draw: i }))
