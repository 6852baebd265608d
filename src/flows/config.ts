import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import { sizeOf } from '../tensor/index.ts'
import { affine } from './affine.ts'
import type { Flow } from './flow.ts'
import { type GaussianFlowOptions, gaussianFlow } from './gaussian.ts'
import { type ImageFlowOptions, imageFlow } from './image-flow.ts'
import { type NetworkFlowOptions, networkFlow } from './network-flow.ts'
import { type Range, withRange } from './output.ts'
import { insidePlaces, type Outside, withOutside } from './outside.ts'
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
  /** Entries of x that are not there; absent: none. Not of `image`, nor of `network` with a range. */
  readonly outside?: Outside
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
export const flowOf = ({ outside, ...config }: FlowConfig): Flow => {
  const inRange = (flow: Flow): Flow => (config.range ? withRange(flow, config.range) : flow)
  if (!outside || outside.length === 0) return inRange(unbounded(config))
  if ('size' in config) {
    const there = insidePlaces(config.size, outside).length
    return withOutside(inRange(unbounded({ ...config, size: there })), outside)
  }
  if (!leavesOutside(config))
    throw new TweedieError('input', `flow of kind '${config.kind}': keeps no entries of x apart`)
  insidePlaces(sizeOf(config.event), outside)
  return unbounded({ ...config, outside })
}

/** Whether a flow can leave entries of x as z has them. */
export const leavesOutside = ({ kind, range }: Pick<FlowConfig, 'kind' | 'range'>): boolean =>
  kind !== 'image' && !(kind === 'network' && range)
