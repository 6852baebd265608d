import { radon } from '../radon.ts'
import { defineFamily } from './family.ts'

export const radonFamily = defineFamily('radon', {
  draw: () => ({}),
  make: ({ angles, detectors }, _, { event }) =>
    radon(event, { angles, detectors: detectors > 0 ? detectors : undefined }),
})
