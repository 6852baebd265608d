/** Tikhonov (1963) regularisation: the signal of least ‖∇x‖² that explains the observation. */
import { mul } from '../tensor/index.ts'
import { baselineEntry } from './baseline.ts'
import { smoothest } from './smooth.ts'

/** J = κ/2 ‖∇x‖²: κ changes no minimum, but brings p = κ ∇x near 1, as steps want it. */
const KAPPA = 10

export const tikhonovEntry = baselineEntry({
  name: 'tikhonov',
  title: 'Tikhonov',
  reference: 'Tikhonov 1963',
  needs: 'linear',
  draws: false,
  settings: {},
  // J* = ‖p‖²/(2 κ).
  make: () => smoothest('tikhonov', (p, a) => mul(p, KAPPA / (KAPPA + a))),
})
