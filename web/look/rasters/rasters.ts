/** How each kind of look becomes pictures; what is large is loaded when it is first needed. */
import type { Look } from '../../posterior/draws.ts'
import { imageRaster, type Raster } from './raster.ts'

/** From where a surface is seen, in degrees; a sphere as a map or as a globe. */
export interface Turn {
  readonly azimuth: number
  readonly elevation: number
  readonly globe: boolean
}

export const LEVEL: Turn = { azimuth: 0, elevation: 0, globe: false }

/** The raster of a surface seen from somewhere. */
export type RasterMaker = (turn: Turn) => Raster

/**
 * Undefined for what is no picture.
 *
 * @param detail - of surfaces, how many times as many pixels along each side; default 1
 */
export const rasterMakerOf = (look: Look, detail = 1): RasterMaker | Promise<RasterMaker> | undefined => {
  switch (look.kind) {
    case 'image': {
      const own = imageRaster(look.height, look.width)
      return () => own
    }
    case 'sphere':
      return import('./sphere-raster.ts').then(({ sphereRaster }) => sphereRaster(look, detail))
    case 'mesh':
      return import('./mesh-raster.ts').then(({ meshRaster }) => meshRaster(look, detail))
    case 'series':
    case 'points':
      return undefined
  }
}
