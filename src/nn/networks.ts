/** Every network; a new one is a file beside this one, and a line here. */
import { graphKind } from './graph.ts'
import { mlpKind } from './mlp.ts'
import { ncsnppKind } from './ncsnpp.ts'
import { sphereKind } from './sphere.ts'
import { unetKind } from './unet.ts'
import { unet1dKind } from './unet1d.ts'

/** The kinds of networks, in the order in which a configuration's schema lists them. */
export const networks = [unetKind, ncsnppKind, unet1dKind, sphereKind, graphKind, mlpKind] as const
