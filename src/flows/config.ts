import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import { affine } from './affine.ts'
import type { Flow } from './flow.ts'
import { type GaussianFlowOptions, gaussianFlow } from './gaussian.ts'
import { type ImageFlowOptions, imageFlow } from './image-flow.ts'
import { type NetworkFlowOptions, networkFlow } from './network-flow.ts'
import { type Range, withRange } from './output.ts'
import { type RealNvpOptions, realNvp } from './real-nvp.ts'
import { type SplineOptions, spline } from './spline.ts'
import type { Transform } from './transform.ts'

/** The transform of the half that couplings move, as data. */
export type TransformConfig = { readonly kind: 'affine' } | ({ readonly kind: 'spline' } & SplineOptions)

const transformOf = (config: TransformConfig = { kind: 'affine' }): Transform =>
  config.kind === 'affine' ? affine : spline(config)

/** A RealNVP whose transform is data too. */
type RealNvpConfig = { readonly transform?: TransformConfig } & Omit<RealNvpOptions, 'transform'>

/** The sizes of each kind of flow. */
interface FlowSizes {
  readonly realNvp: RealNvpConfig
  readonly image: ImageFlowOptions
  readonly network: NetworkFlowOptions
  readonly gaussian: GaussianFlowOptions
}

/** Every kind of flow, made from its sizes. A new kind gets a line here and its sizes above. */
const kinds: { readonly [K in keyof FlowSizes]: (sizes: FlowSizes[K]) => Flow } = {
  realNvp: (sizes) => realNvp({ ...sizes, transform: transformOf(sizes.transform) }),
  image: imageFlow,
  network: networkFlow,
  gaussian: gaussianFlow,
}

/** Names of the kinds of flows. */
export const flowKinds: readonly string[] = Object.keys(kinds)

type KindConfig<K extends keyof FlowSizes> = { readonly kind: K } & FlowSizes[K]

/** A flow as data: what a checkpoint keeps beside the weights. */
export type FlowConfig = { [K in keyof FlowSizes]: KindConfig<K> }[keyof FlowSizes] & {
  /** The range of x; absent when it is unbounded. */
  readonly range?: Range
}

const unbounded = <K extends keyof FlowSizes>(config: KindConfig<K>): Flow => {
  const { kind } = config
  if (Object.hasOwn(kinds, kind)) return kinds[kind](config)
  throw new TweedieError(
    'input',
    `unknown kind of flow '${kind}'; did you mean '${nearestName(String(kind), flowKinds)}'?`,
  )
}

/**
 * The flow that a configuration describes.
 *
 * @throws TweedieError `input` for an unknown kind (with the nearest) and when sizes do not fit
 *
 * @example
 * ```ts
 * const flow = flowOf({ kind: 'realNvp', size: 784, condition: 1568, steps: 8, hidden: 256 })
 * ```
 */
export const flowOf = (config: FlowConfig): Flow =>
  config.range ? withRange(unbounded(config), config.range) : unbounded(config)
