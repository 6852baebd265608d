/** Values at all places as a figure with a name and a scale, in the look of the draws. */
import type { ColourScale } from '../canvas/scale.ts'
import { DataTable } from '../ui/data-table.tsx'
import { shown as text } from '../ui/number.ts'
import { ColourBar } from './colour-bar.tsx'
import { SaveFigure } from './export/save-figure.tsx'
import { fieldPicture } from './field-picture.ts'
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
  const { kind } = viewing.look.value
  if (kind === 'points') {
    const rows = Array.from(values, (value, i) => [`coordinate ${i + 1}`, value])
    return <DataTable table={{ name, columns: ['', title], rows }} />
  }
  if (!raster && kind !== 'series') return null
  return (
    <figure class="panel large" data-view={name}>
      <figcaption>
        {title}
        <SaveFigure
          {...{ name, title }}
          picture={() => fieldPicture(viewing, { values, channels: 1 }, scale)}
        />
      </figcaption>
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
