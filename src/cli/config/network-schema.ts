/** The networks of the configuration: one alternative for each kind, made of its settings. */
import { z } from 'zod'
import { type NetworkKind, networks, spatialNetworks } from '../../nn/index.ts'
import { settingFields } from './setting-schema.ts'

const kindSchema = ({ kind, summary, settings }: NetworkKind) =>
  z.strictObject({ kind: z.literal(kind), ...settingFields(settings) }).describe(summary)

/** What to say where there is no network. */
const missing = (kinds: readonly NetworkKind[]): string =>
  `expected a network, such as net.kind=unet for images [C, H, W], net.kind=unet1d for signals [C, V] or ` +
  `net.kind=mlp for vectors (known: ${kinds.map(({ kind }) => kind).join(', ')})`

const alternatives = (kinds: readonly NetworkKind[]) => {
  const [first, ...others] = kinds.map(kindSchema)
  return z.discriminatedUnion('kind', [first, ...others], {
    error: ({ input }) => (input === undefined ? missing(kinds) : undefined),
  })
}

/** `{ kind: unet, channels: [32, 64] }`: a network with its settings. */
export const networkSchema = alternatives(networks)

/** A network that knows where points lie. */
export const spatialNetworkSchema = alternatives(spatialNetworks)
