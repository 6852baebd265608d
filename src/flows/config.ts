import { affine } from './affine.ts'
import type { Flow } from './flow.ts'
import { gaussianFlow } from './gaussian.ts'
import { type ImageFlowOptions, imageFlow } from './image-flow.ts'
import { type NetworkFlowOptions, networkFlow } from './network-flow.ts'
import { type Range, withRange } from './output.ts'
import { type RealNvpOptions, realNvp } from './real-nvp.ts'
import { type SplineOptions, spline } from './spline.ts'
import type { Transform } from './transform.ts'

/** What couplings do to the half that they move. */
export type TransformConfig = { readonly kind: 'affine' } | ({ readonly kind: 'spline' } & SplineOptions)

/** A flow as data: what a checkpoint keeps beside the weights. */
export type FlowConfig = (
  | ({ readonly kind: 'realNvp'; readonly transform?: TransformConfig } & Omit<RealNvpOptions, 'transform'>)
  | ({ readonly kind: 'image' } & ImageFlowOptions)
  | ({ readonly kind: 'network' } & NetworkFlowOptions)
  | { readonly kind: 'gaussian'; readonly size: number; readonly condition: number }
) & {
  /** Where x may lie; anywhere when absent. */
  readonly range?: Range
}

const transformOf = (config: TransformConfig = { kind: 'affine' }): Transform =>
  config.kind === 'affine' ? affine : spline(config)

const free = (config: FlowConfig): Flow => {
  switch (config.kind) {
    case 'realNvp':
      return realNvp({ ...config, transform: transformOf(config.transform) })
    case 'image':
      return imageFlow(config)
    case 'network':
      return networkFlow(config)
    case 'gaussian':
      return gaussianFlow(config)
  }
}

/**
 * The flow that a configuration describes.
 *
 * @throws TweedieError `input` when sizes do not fit
 *
 * @example
 * ```ts
 * const flow = flowOf({ kind: 'realNvp', size: 784, condition: 1568, steps: 8, hidden: 256 })
 * ```
 */
export const flowOf = (config: FlowConfig): Flow =>
  config.range ? withRange(free(config), config.range) : free(config)
