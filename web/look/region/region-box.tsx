/** A rectangle by its ends in numbers; of a series, the stretch between two entries. */

import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { rectangleMarks } from '../../canvas/marks.ts'
import { placesMarked } from '../rasters/raster.ts'
import type { Viewing } from '../viewing.ts'

const End = ({
  label,
  value,
  most,
  onValue,
}: {
  readonly label: string
  readonly value: number
  readonly most: number
  readonly onValue: (value: number) => void
}) => {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        min={1}
        max={most}
        value={value}
        onChange={({ currentTarget: { valueAsNumber } }) =>
          Number.isInteger(valueAsNumber) && onValue(Math.min(most, Math.max(1, valueAsNumber)))
        }
      />
    </div>
  )
}

export const RegionBox = ({ viewing }: { readonly viewing: Viewing }) => {
  const { draws, raster, region } = viewing
  const { look, size } = draws.value
  const own = look.kind === 'image' ? raster.value : undefined
  const [height, width] = own ? [own.height, own.width] : [1, size]
  const ends = useSignal({ top: 1, bottom: height, left: 1, right: width })
  if (look.kind !== 'image' && look.kind !== 'series') return null
  const { top, bottom, left, right } = ends.value
  const set = (change: Partial<typeof ends.value>) => {
    ends.value = { ...ends.value, ...change }
  }
  const apply = () => {
    const marks = rectangleMarks(
      [height, width],
      { row: top - 1, column: left - 1 },
      { row: bottom - 1, column: right - 1 },
    )
    region.value = own ? placesMarked(own, marks, size) : marks
  }
  return (
    <fieldset class="region-box">
      <legend>{own ? 'Rectangle by numbers' : 'Stretch by numbers'}</legend>
      {own && (
        <>
          <End label="rows from" value={top} most={height} onValue={(v) => set({ top: v })} />
          <End label="to row" value={bottom} most={height} onValue={(v) => set({ bottom: v })} />
        </>
      )}
      <End
        label={own ? 'columns from' : 'entries from'}
        value={left}
        most={width}
        onValue={(v) => set({ left: v })}
      />
      <End
        label={own ? 'to column' : 'to entry'}
        value={right}
        most={width}
        onValue={(v) => set({ right: v })}
      />
      <button type="button" onClick={apply}>
        Use it
      </button>
    </fieldset>
  )
}
