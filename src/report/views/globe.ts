/** Fields on the sphere: globes from afar. */
import { thermal } from '../colormap.ts'
import { globeRenderer } from '../point-strip.ts'
import { pointPart, SIZE } from './points.ts'
import type { ViewLook } from './view-look.ts'

export const globeLook: ViewLook<'globe'> = (restoration, grid) =>
  pointPart('fields', restoration, globeRenderer({ size: SIZE, longitude: 200, grid }), {
    colormap: thermal,
    outside: restoration.valid?.data.slice(0, grid.rows * grid.columns).some((v) => Number(v) === 0),
  })
