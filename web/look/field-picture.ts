import type { Picture } from '../canvas/picture.ts'
import type { ColourScale } from '../canvas/scale.ts'
import { withDomain } from './rasters/raster.ts'
import type { Viewing } from './viewing.ts'
import type { Shown, View } from './views.ts'

/** Values of all places as a picture of their surface; undefined for what is none. */
export const fieldPicture = (
  { raster, draws }: Viewing,
  { values, channels }: Shown,
  scale: ColourScale,
): Picture | undefined => {
  const own = raster.value
  if (!own) return undefined
  const { height, width, light } = own
  const sampled = own.sample(withDomain(values, draws.value.domain), channels)
  return { values: sampled, channels, height, width, scale, ...(light ? { light } : {}) }
}

/** A view as a picture; undefined while it is computed, and for what is none. */
export const viewPicture = (viewing: Viewing, view: View): Picture | undefined => {
  const shown = view.of(viewing)
  return shown && fieldPicture(viewing, shown, view.scale(viewing, shown))
}
