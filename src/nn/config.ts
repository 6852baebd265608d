import { type MlpOptions, mlp } from './mlp.ts'
import type { Network } from './network.ts'
import { type UnetOptions, unet } from './unet.ts'

/** A network as data: what a checkpoint keeps beside the weights. */
export type NetworkConfig =
  | ({ readonly kind: 'mlp' } & MlpOptions)
  | ({ readonly kind: 'unet' } & UnetOptions)

/** The network that a configuration describes. */
export const network = (config: NetworkConfig): Network =>
  config.kind === 'mlp' ? mlp(config) : unet(config)
