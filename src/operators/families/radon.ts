import { radon } from '../radon.ts'
import { defineFamily } from './family.ts'

export const radonFamily = defineFamily({
  name: 'radon',
  summary: 'tomography with parallel beams: sums along lines, divided by the side of the image',
  linear: true,
  settings: {
    angles: { kind: 'integer', default: 30, min: 1, description: 'number of angles over half a turn' },
    detectors: {
      kind: 'integer',
      default: 0,
      min: 0,
      description: 'detectors one pixel apart; 0 for all that see it',
    },
  },
  make: ({ angles, detectors }, _, { event }) =>
    radon(event, { angles, detectors: detectors > 0 ? detectors : undefined }),
})
