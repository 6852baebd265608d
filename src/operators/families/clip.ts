import { clipping } from '../clipping.ts'
import { defineFamily } from './family.ts'

/** The range of values in which an operator is defined, as settings. */
export const low = {
  kind: 'number',
  default: 0,
  description: 'lowest value of x; that of the data when observing',
} as const

export const high = { ...low, default: 1, description: 'highest value of x; that of the data when observing' }

export const clipFamily = defineFamily({
  name: 'clip',
  summary: 'a sensor that saturates: contrast grows by a factor and is cut (not linear)',
  linear: false,
  inDataRange: true,
  settings: {
    gain: { kind: 'number', default: 2, above: 0, description: 'factor of the contrast' },
    low,
    high,
  },
  make: (settings, _, { event }) => clipping(event, settings),
})
