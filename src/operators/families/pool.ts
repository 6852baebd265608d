import type { Shape } from '../../tensor/index.ts'
import { averagePool } from '../downsample.ts'
import { defineFamily } from './family.ts'

/** How many times smaller images become, as a setting. */
export const factor = {
  kind: 'integer',
  default: 4,
  min: 1,
  description: 'how many times smaller each side becomes',
} as const

/** The shape of which this one is smaller by a factor on each axis but the channels. */
export const enlarged = ([channels, ...grid]: Shape, times: number): Shape => [
  channels,
  ...grid.map((n) => n * times),
]

export const poolFamily = defineFamily({
  name: 'pool',
  summary: 'smaller images: the mean of each block of pixels',
  linear: true,
  settings: { factor },
  eventOf: ({ factor: times }, { y }) => enlarged(y, times),
  make: ({ factor: times }, _, { event }) => averagePool(event, times),
})
