/** Smaller images. */
import { averagePool, bicubic } from '../downsample.ts'
import { defineFamily } from './family.ts'

export const poolFamily = defineFamily('pool', {
  draw: () => ({}),
  make: ({ factor }, _, { event }) => averagePool(event, factor),
})

export const bicubicFamily = defineFamily('bicubic', {
  draw: () => ({}),
  make: ({ factor }, _, { event }) => bicubic(event, factor),
})
