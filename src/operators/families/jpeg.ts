import { jpeg } from '../jpeg.ts'
import { high, low } from './clip.ts'
import { defineFamily } from './family.ts'

export const jpegFamily = defineFamily({
  name: 'jpeg',
  summary: 'compression in blocks of 8×8 pixels, with soft rounding (not linear)',
  linear: false,
  inDataRange: true,
  settings: {
    quality: { kind: 'number', default: 10, min: 1, max: 100, description: 'quality, 100 is best' },
    low,
    high,
  },
  make: (settings, _, { event }) => jpeg(event, settings),
})
