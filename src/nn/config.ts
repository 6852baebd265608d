/** A network as data: in configurations and in checkpoints. */
import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import type { Shape } from '../tensor/index.ts'
import type { Network } from './network.ts'
import type { NetworkKind } from './network-kind.ts'
import { networks } from './networks.ts'
import { onnxKind } from './onnx.ts'

/** Kinds that checkpoints may hold: those of configurations, and what was imported. */
const kept = [...networks, onnxKind] as const

type Kind = (typeof kept)[number]
type SpatialKind = Extract<Kind, { readonly spatial: true }>

/** A network as data: its kind and its options. */
export type NetworkConfig = ReturnType<Kind['read']>

/** A network over [B, io, ...space]. */
export type SpatialNetwork = ReturnType<SpatialKind['read']>

/** A record with a `kind`; its options are checked by that kind. */
type Described = Readonly<Record<string, unknown>>

const isSpatial = (candidate: Kind): candidate is SpatialKind => candidate.spatial

/** Networks over points in space. */
export const spatialNetworks: readonly SpatialKind[] = kept.filter(isSpatial)

const kindIn = <K extends NetworkKind>(kinds: readonly K[], name: unknown): K => {
  const found = kinds.find(({ kind }) => kind === name)
  if (found) return found
  const known = kinds.map(({ kind }) => kind)
  const hint = typeof name === 'string' ? `, did you mean '${nearestName(name, known)}'?` : ''
  throw new TweedieError('input', `net: unknown kind '${name}'${hint} (known: ${known.join(', ')})`)
}

const withoutKind = ({ kind: _, ...settings }: Described): Described => settings

/**
 * The network that a configuration describes.
 *
 * @throws TweedieError `input` when its options contradict each other
 *
 * @example
 * ```ts
 * const net = network({ kind: 'unet', io: 1, channels: [32, 64], blocks: [2, 2] })
 * ```
 */
export const network = (config: NetworkConfig): Network => {
  const kind: NetworkKind = kindIn(kept, config.kind)
  return kind.make(config)
}

/**
 * The network that settings describe for events of a shape, with defaults spelt out.
 *
 * @param settings - `kind` and its settings, as in the field `net` of an experiment
 * @throws TweedieError `input` for unknown kinds and settings, and for data that do not fit
 *
 * @example
 * ```ts
 * networkFor({ kind: 'unet', channels: [16, 32] }, [1, 28, 28]) // { kind: 'unet', io: 1, … }
 * ```
 */
export const networkFor = (settings: Described, event: Shape): NetworkConfig =>
  kindIn(networks, settings.kind).configured(withoutKind(settings), event)

/** The same of a network over [C, ...space]. @throws TweedieError `input` */
export const spatialNetworkFor = (settings: Described, event: Shape): SpatialNetwork =>
  kindIn(spatialNetworks, settings.kind).configured(withoutKind(settings), event)

/**
 * A network as a checkpoint keeps it.
 *
 * @throws TweedieError `input` for unknown kinds and options that do not fit
 */
export const readNetwork = (header: Described): NetworkConfig => kindIn(kept, header.kind).read(header)

/** The same of a network over [C, ...space]. @throws TweedieError `input` */
export const readSpatialNetwork = (header: Described): SpatialNetwork =>
  kindIn(spatialNetworks, header.kind).read(header)
