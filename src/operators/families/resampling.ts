/** Smaller images. */
import { averagePool, bicubic } from '../downsample.ts'
import { defineFamily } from './family.ts'

const factor = {
  kind: 'integer',
  default: 4,
  min: 1,
  description: 'how many times smaller each side becomes',
} as const

export const poolFamily = defineFamily('pool', {
  summary: 'smaller images: the mean of each block of pixels',
  linear: true,
  settings: { factor },
  draw: () => ({}),
  make: ({ factor }, _, { event }) => averagePool(event, factor),
})

export const bicubicFamily = defineFamily('bicubic', {
  summary: 'smaller images: antialiased bicubic interpolation, mirrored edges',
  linear: true,
  settings: { factor },
  draw: () => ({}),
  make: ({ factor }, _, { event }) => bicubic(event, factor),
})
