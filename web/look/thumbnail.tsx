import { useMemo } from 'preact/hooks'
import { ImageCanvas } from '../canvas/image-canvas.tsx'
import { drawOf } from '../posterior/draws.ts'
import { withDomain } from './rasters/raster.ts'
import type { Viewing } from './viewing.ts'
import { inColours } from './views.ts'

/** A draw, small. */
export const Thumbnail = ({ viewing, draw }: { readonly viewing: Viewing; readonly draw: number }) => {
  const raster = viewing.raster.value
  const coloured = inColours(viewing)
  const draws = coloured ? viewing.given.value : viewing.draws.value
  const channels = coloured ? 3 : 1
  const values = useMemo(
    () => raster?.sample(withDomain(drawOf(draws, draw), draws.domain), channels),
    [raster, draws, draw, channels],
  )
  if (!raster || !values) return null
  return (
    <ImageCanvas
      values={values}
      channels={channels}
      height={raster.height}
      width={raster.width}
      scale={{ ...viewing.ends.value, map: viewing.map.value }}
      label={`Draw ${draw + 1}`}
      {...(raster.light ? { light: raster.light } : {})}
    />
  )
}
