/** Magnitudes, saturation, compression. */
import { clipping } from '../clipping.ts'
import { jpeg } from '../jpeg.ts'
import { phaseRetrieval } from '../phase-retrieval.ts'
import { defineFamily } from './family.ts'

export const phaseFamily = defineFamily('phase', {
  draw: () => ({}),
  make: ({ oversampling }, _, { event }) => phaseRetrieval(event, oversampling),
})

export const clipFamily = defineFamily('clip', {
  draw: () => ({}),
  make: (settings, _, { event }) => clipping(event, settings),
})

export const jpegFamily = defineFamily('jpeg', {
  draw: () => ({}),
  make: (settings, _, { event }) => jpeg(event, settings),
})
