import { averagePool } from '../downsample.ts'
import { defineFamily } from './family.ts'

/** How many times smaller images become, as a setting. */
export const factor = {
  kind: 'integer',
  default: 4,
  min: 1,
  description: 'how many times smaller each side becomes',
} as const

export const poolFamily = defineFamily({
  name: 'pool',
  summary: 'smaller images: the mean of each block of pixels',
  linear: true,
  settings: { factor },
  make: ({ factor: times }, _, { event }) => averagePool(event, times),
})
