import type { ColourScale } from '../canvas/scale.ts'
import { type Curve, Fan } from '../ui/fan.tsx'
import type { Viewing } from './viewing.ts'

/** Entries that are seen of a series: fewer the more it is enlarged, around the cross-hair. */
export const windowOf = ({ draws, times, place }: Viewing): readonly [number, number] => {
  const { size } = draws.value
  const wide = Math.max(Math.min(8, size), Math.round(size / times.value))
  const from = Math.min(size - wide, Math.max(0, place.value - (wide >> 1)))
  return [from, from + wide]
}

/** Marks a stretch of a series, whichever end comes first. */
export const stretch = ({ draws, region }: Viewing, a: number, b: number): void => {
  const marks = new Uint8Array(draws.value.size)
  marks.fill(1, Math.min(a, b), Math.max(a, b) + 1)
  region.value = marks
}

/** Values over the entries of a series. */
export const LineField = ({
  viewing,
  values,
  scale,
  label,
  kind = 'signed',
}: {
  readonly viewing: Viewing
  readonly values: Float32Array
  readonly scale: ColourScale
  readonly label: string
  readonly kind?: Curve['kind']
}) => {
  const region = viewing.region.value
  return (
    <Fan
      label={label}
      length={values.length}
      window={windowOf(viewing)}
      ends={[scale.low, scale.high]}
      curves={[{ name: label, values, kind }]}
      place={viewing.place.value}
      onPlace={(place) => (viewing.place.value = place)}
      onStretch={(a, b) => stretch(viewing, a, b)}
      {...(region ? { region } : {})}
    />
  )
}
