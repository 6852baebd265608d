import { phaseRetrieval } from '../phase-retrieval.ts'
import { defineFamily } from './family.ts'

export const phaseFamily = defineFamily({
  name: 'phase',
  summary: 'phase retrieval: magnitudes of the oversampled Fourier transform (not linear)',
  linear: false,
  settings: {
    oversampling: {
      kind: 'number',
      default: 2,
      min: 1,
      max: 8,
      description: 'frequencies per pixel along each axis',
    },
  },
  eventOf: ({ oversampling }, { y: [channels, ...grid] }) => [
    channels,
    ...grid.map((n) => Math.floor(n / oversampling)),
  ],
  make: ({ oversampling }, _, { event }) => phaseRetrieval(event, oversampling),
})
