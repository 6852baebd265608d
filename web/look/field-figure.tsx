/** Values at all places as a figure with a name and a scale, in the look of the draws. */
import type { ColourScale } from '../canvas/scale.ts'
import { shown as text } from '../ui/number.ts'
import { ColourBar } from './colour-bar.tsx'
import { LineField } from './line-field.tsx'
import { Field } from './panel.tsx'
import type { Stroke } from './region/stroke.ts'
import type { Viewing } from './viewing.ts'

export const FieldFigure = ({
  viewing,
  stroke,
  values,
  name,
  title,
  scale,
}: {
  readonly viewing: Viewing
  readonly stroke: Stroke
  readonly values: Float32Array
  readonly name: string
  readonly title: string
  readonly scale: ColourScale
}) => {
  const raster = viewing.raster.value
  if (!raster && viewing.look.value.kind !== 'series') return null
  return (
    <figure class="panel large" data-view={name}>
      <figcaption>{title}</figcaption>
      {raster ? (
        <>
          <Field {...{ viewing, stroke, raster, scale }} shown={{ values, channels: 1 }} label={title} />
          <p class="panel-scale">
            <span>{text(scale.low)}</span>
            <ColourBar map={scale.map} />
            <span>{text(scale.high)}</span>
          </p>
        </>
      ) : (
        <LineField {...{ viewing, values, scale }} label={title} />
      )}
    </figure>
  )
}
