import { rematerialise, type Tensor } from '../tensor/index.ts'
import type { Training } from './network.ts'

/** Computes a block of a network from its weights and inputs. */
export type Compute = <T>(block: (at: T) => Tensor, at: T) => Tensor

/** Blocks as they are, or, in training where that is asked for, again for their gradients. */
export const computing = (again: boolean | undefined, training: Training | undefined): Compute =>
  again && training ? rematerialise : (block, at) => block(at)

/** The setting of networks that {@link computing} reads. */
export const rematerialiseSetting = {
  kind: 'flag',
  description:
    'training computes blocks again for their gradients instead of keeping what is inside them: less ' +
    'memory, about a third more time, the same result (default: false)',
} as const
