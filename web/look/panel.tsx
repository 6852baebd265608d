/** One view as a picture with its name and its scale. */
import { useComputed } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { ImageCanvas, type Pixel } from '../canvas/image-canvas.tsx'
import type { ColourScale } from '../canvas/scale.ts'
import { shown as text } from '../ui/number.ts'
import { ColourBar } from './colour-bar.tsx'
import { nextPlace, placeAt, type Raster, withDomain } from './rasters/raster.ts'
import type { Stroke } from './region/stroke.ts'
import type { Viewing } from './viewing.ts'
import type { Shown, View } from './views.ts'

/** Values on the surface of a viewing, with the cross-hair and all that is linked. */
export const Field = ({
  viewing,
  stroke,
  raster,
  shown,
  scale,
  label,
}: {
  readonly viewing: Viewing
  readonly stroke: Stroke
  readonly raster: Raster
  readonly shown: Shown
  readonly scale: ColourScale
  readonly label: string
}) => {
  const { values, channels } = shown
  const { domain } = viewing.draws.value
  const sampled = useMemo(
    () => raster.sample(withDomain(values, domain), channels),
    [raster, values, channels, domain],
  )
  const region = viewing.marked.value
  const cross = raster.pixelOf(viewing.place.value)
  const times = viewing.times.value
  const onCross = (pixel: Pixel, by: 'pointer' | 'keys') => {
    if (by === 'pointer' && viewing.pointer.peek() === 'turn') return
    const place = by === 'keys' && cross ? nextPlace(raster, cross, pixel) : placeAt(raster, pixel)
    if (place >= 0) viewing.place.value = place
  }
  return (
    <ImageCanvas
      values={sampled}
      channels={channels}
      height={raster.height}
      width={raster.width}
      scale={scale}
      label={label}
      smooth={raster.light !== undefined}
      onCross={onCross}
      {...stroke}
      {...(raster.light ? { light: raster.light } : {})}
      {...(raster.lines ? { lines: raster.lines } : {})}
      {...(region ? { region } : {})}
      {...(cross ? { cross, zoom: { times, ...cross } } : {})}
    />
  )
}

/** A view with its name, its picture and what its colours mean. */
export const Panel = ({
  view,
  viewing,
  stroke,
}: {
  readonly view: View
  readonly viewing: Viewing
  readonly stroke: Stroke
}) => {
  const values = useComputed(() => view.of(viewing))
  const scale = useComputed(() => values.value && view.scale(viewing, values.value)).value
  const shown = values.value
  const raster = viewing.raster.value
  const title = view.title(viewing)
  return (
    <figure class="panel" data-view={view.name}>
      <figcaption>{title}</figcaption>
      {shown && scale && raster ? (
        <Field {...{ viewing, stroke, raster, shown, scale }} label={title} />
      ) : (
        <p class="quiet panel-wait" role="status">
          Computing …
        </p>
      )}
      {scale && (
        <p class="panel-scale">
          <span>{text(scale.low)}</span>
          {shown?.channels === 3 ? <span class="quiet">colours</span> : <ColourBar map={scale.map} />}
          <span>{text(scale.high)}</span>
        </p>
      )}
      {view.words && <p class="panel-words quiet">{view.words}</p>}
    </figure>
  )
}
