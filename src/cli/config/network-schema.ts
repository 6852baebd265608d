/** The networks of the configuration: one alternative for each kind, made of its settings. */
import { z } from 'zod'
import { type NetworkKind, networks, spatialNetworks } from '../../nn/index.ts'
import { settingFields } from './setting-schema.ts'

const kindSchema = ({ kind, summary, settings }: NetworkKind) =>
  z.strictObject({ kind: z.literal(kind), ...settingFields(settings) }).describe(summary)

const alternatives = (kinds: readonly NetworkKind[]) => {
  const [first, ...others] = kinds.map(kindSchema)
  return z.discriminatedUnion('kind', [first, ...others])
}

/** `{ kind: unet, channels: [32, 64] }`: a network with its settings. */
export const networkSchema = alternatives(networks)

/** A network that knows where points lie. */
export const spatialNetworkSchema = alternatives(spatialNetworks)
