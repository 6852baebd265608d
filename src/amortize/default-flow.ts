/**
 * The flow of a prior and measurements when nobody chooses one. Signals whose points the prior's network
 * knows (images, fields, meshes) get couplings of such networks. Vectors get splines, which part modes where
 * affine couplings leave a bridge between them: 0.02 nats from a posterior of several modes, not 0.6 (E18).
 */
import { channelsAt, type FlowConfig } from '../flows/index.ts'
import { type NetworkConfig, type SpatialNetwork, spatialNetworkFor, spatialNetworks } from '../nn/index.ts'
import { type Shape, sizeOf } from '../tensor/index.ts'
import { type ConditionLayout, conditionShape, hasPoints } from './condition.ts'

/** What of a prior decides. */
interface PriorShape {
  readonly net: NetworkConfig
  /** Shape of one x. */
  readonly event: Shape
}

/** Features that the encoder makes of y. */
const FEATURES = 16

/** What a network says of its own size; the rest of it says where its points lie. */
const SIZES = new Set(['io', 'channels', 'blocks', 'heads', 'emb', 'dropout', 'rematerialise', 'factors'])

/** The network of a prior over [C, ...points], when it knows them. Images have the U-Net in any case. */
const placeOf = ({ net, event }: PriorShape): Readonly<Record<string, unknown>> | undefined => {
  if (spatialNetworks.some(({ kind }) => kind === net.kind))
    return Object.fromEntries(Object.entries(net).filter(([name]) => !SIZES.has(name)))
  return event.length === 3 ? { kind: 'unet' } : undefined
}

/** Levels of a U-Net over [C, H, W] or of another network, at most two: as many as the prior's has. */
const levelsOf = ({ net, event }: PriorShape): 1 | 2 => {
  if ('channels' in net && net.channels) return net.channels.length > 1 ? 2 : 1
  return event.slice(1).every((side) => side % 2 === 0) ? 2 : 1
}

/**
 * The flow that `tweedie distill` takes without a choice.
 *
 * @returns `network` where the prior's network knows the points of x and y lies on them, else `realNvp` with
 *   splines
 *
 * @example
 * ```ts
 * const net = networkFor({ kind: 'mlp' }, [2])
 * const flow = flowOf(defaultFlow({ net, event: [2] }, conditionLayout(set, true)))
 * ```
 */
export const defaultFlow = (prior: PriorShape, layout: ConditionLayout): FlowConfig => {
  const { event } = prior
  const [channels, ...points] = event
  const place = placeOf(prior)
  const condition = hasPoints(layout) ? conditionShape(layout, 'channels') : undefined
  const observed = condition && channelsAt(condition, points)
  if (!place || !observed) {
    const size = { size: sizeOf(event), condition: conditionShape(layout, 'vector')[0] }
    return {
      kind: 'realNvp',
      ...size,
      steps: 4,
      hidden: 64,
      transform: { kind: 'spline', bins: 16, bound: 5 },
    }
  }
  const features = Math.max(FEATURES, observed + channels) // y, and the mean of a base
  const sized = (io: number, widths: readonly number[]): SpatialNetwork =>
    spatialNetworkFor({ ...place, channels: widths, blocks: widths.map(() => 1), emb: 16 }, [io, ...points])
  const encoder = sized(features, [32, 64].slice(0, levelsOf(prior)))
  const coupling = sized(channels + features, [24])
  return { kind: 'network', event, condition, encoder, coupling, steps: 6 }
}
