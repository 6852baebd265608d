import { type GraphOptions, graph } from './graph.ts'
import { type MlpOptions, mlp } from './mlp.ts'
import { type NcsnppOptions, ncsnpp } from './ncsnpp.ts'
import type { Network } from './network.ts'
import { type SphereOptions, sphere } from './sphere.ts'
import { type UnetOptions, unet } from './unet.ts'
import { type Unet1dOptions, unet1d } from './unet1d.ts'

/** A network as data: what a checkpoint keeps beside the weights. */
export type NetworkConfig =
  | ({ readonly kind: 'mlp' } & MlpOptions)
  | ({ readonly kind: 'unet' } & UnetOptions)
  | ({ readonly kind: 'ncsnpp' } & NcsnppOptions)
  | ({ readonly kind: 'unet1d' } & Unet1dOptions)
  | ({ readonly kind: 'sphere' } & SphereOptions)
  | ({ readonly kind: 'graph' } & GraphOptions)

/** The network that a configuration describes. */
export const network = (config: NetworkConfig): Network => {
  switch (config.kind) {
    case 'mlp':
      return mlp(config)
    case 'unet':
      return unet(config)
    case 'ncsnpp':
      return ncsnpp(config)
    case 'unet1d':
      return unet1d(config)
    case 'sphere':
      return sphere(config)
    case 'graph':
      return graph(config)
  }
}
