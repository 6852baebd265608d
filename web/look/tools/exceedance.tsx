/** P(x > u) at every place, with a slider for u. */
import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { exceedance } from '../../posterior/exceedance.ts'
import { shown } from '../../ui/number.ts'
import { Slider } from '../../ui/slider.tsx'
import { FieldFigure } from '../field-figure.tsx'
import { placeWords } from '../place-words.ts'
import type { Tool, ToolProps } from './tool.ts'

const Body = ({ viewing, stroke }: ToolProps) => {
  const { ends, draws, place } = viewing
  const { low, high } = ends.value
  const level = useSignal(0.5 * (low + high))
  useEffect(() => {
    level.value = 0.5 * (ends.value.low + ends.value.high)
  }, [ends.value])
  const values = useComputed(() => exceedance(draws.value, level.value)).value
  const title = `P(x > ${shown(level.value)})`
  return (
    <section class="tool">
      <div class="tool-side">
        <Slider
          label="u"
          value={level.value}
          min={low}
          max={high}
          step={(high - low) / 200}
          onValue={(value) => (level.value = value)}
        />
        <p aria-live="polite" data-exceedance>
          {title} = {shown(values[place.value])} at {placeWords(draws.value.look, place.value)}
        </p>
        <p class="quiet">
          The share of the {draws.value.count} draws above u, place by place: not the probability that all of
          these places are above it together.
        </p>
      </div>
      <FieldFigure
        {...{ viewing, stroke, values }}
        name="exceedance"
        title={title}
        scale={{ low: 0, high: 1, map: 'ember' }}
      />
    </section>
  )
}

export const exceedanceTool: Tool = {
  name: 'exceedance',
  title: 'Exceedance',
  has: ({ draws }) => draws.value.count > 1,
  Body,
}
