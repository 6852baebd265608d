import { bicubic } from '../downsample.ts'
import { defineFamily } from './family.ts'
import { factor } from './pool.ts'

export const bicubicFamily = defineFamily({
  name: 'bicubic',
  summary: 'smaller images: antialiased bicubic interpolation, mirrored edges',
  linear: true,
  settings: { factor },
  make: ({ factor: times }, _, { event }) => bicubic(event, times),
})
