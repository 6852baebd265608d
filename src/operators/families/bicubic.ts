import { bicubic } from '../downsample.ts'
import { defineFamily } from './family.ts'
import { enlarged, factor } from './pool.ts'

export const bicubicFamily = defineFamily({
  name: 'bicubic',
  summary: 'smaller images: antialiased bicubic interpolation, mirrored edges',
  linear: true,
  settings: { factor },
  eventOf: ({ factor: times }, { y }) => enlarged(y, times),
  make: ({ factor: times }, _, { event }) => bicubic(event, times),
})
