import type { Shape } from '../tensor/index.ts'
import type { Operator } from './operator.ts'

/** y = x: denoising. */
export const identity = (shape: Shape): Operator => ({
  name: 'identity',
  inShape: shape,
  outShape: shape,
  apply: (x) => x,
  adjoint: (y) => y,
  pinv: (y) => y,
})
