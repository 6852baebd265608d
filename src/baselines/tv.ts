/** Total variation: the image of least ‖∇x‖₁ that explains the observation (Rudin, Osher & Fatemi 1992). */
import { div, maximum, sqrt, square, sum } from '../tensor/index.ts'
import { baselineEntry } from './baseline.ts'
import { smoothest } from './smooth.ts'

export const tvEntry = baselineEntry({
  name: 'tv',
  title: 'total variation',
  reference: 'Rudin, Osher & Fatemi 1992',
  needs: 'linear',
  draws: false,
  settings: {},
  // J* is 0 where |p| ≤ 1 at every entry: the prox projects there.
  make: () =>
    smoothest('tv', (p) => {
      const length = sqrt(sum(square(p), { axes: 1, keepdims: true }))
      return div(p, maximum(length, 1))
    }),
})
