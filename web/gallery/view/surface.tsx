/** Values of all places as a picture of where they lie. */
import { useMemo } from 'preact/hooks'
import { ImageCanvas, type ImageCanvasProps } from '../../canvas/image-canvas.tsx'
import { type ColourScale, OUTSIDE } from '../../canvas/scale.ts'
import type { Raster } from '../../look/rasters/raster.ts'

interface SurfaceProps extends Pick<ImageCanvasProps, 'cross' | 'onCross' | 'onStroke' | 'onKey' | 'arrows'> {
  readonly raster: Raster
  /** [C, P]. */
  readonly values: Float32Array
  readonly scale: ColourScale
  readonly label: string
  /** A place each: where it is 0 there is nothing to see, and what lies behind the picture shows. */
  readonly there?: Float32Array
}

export const Surface = ({ raster, values, scale, label, there, ...hands }: SurfaceProps) => {
  const { height, width, places, lines } = raster
  const channels = raster.light ? 1 : values.length / places.length
  const sampled = useMemo(
    () =>
      raster.sample(
        there ? values.map((v, i) => (there[i % there.length] === 0 ? OUTSIDE : v)) : values,
        channels,
      ),
    [raster, values, channels, there],
  )
  const light = raster.light ?? there
  return (
    <ImageCanvas
      values={sampled}
      {...{ channels, height, width, scale, label }}
      smooth={raster.light !== undefined}
      {...(light ? { light } : {})}
      {...(lines ? { lines } : {})}
      {...hands}
    />
  )
}
