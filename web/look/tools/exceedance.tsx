/** P(x > u) at every place, with a slider for u. */
import { exceedancePieces } from '../../posterior/exceedance.ts'
import { shown } from '../../ui/number.ts'
import { Slider } from '../../ui/slider.tsx'
import { FieldFigure } from '../field-figure.tsx'
import { placeWords } from '../place-words.ts'
import type { Tool, ToolProps } from './tool.ts'
import { useLevel } from './use-level.ts'
import { usePieces } from './use-pieces.ts'

const Body = ({ viewing, stroke }: ToolProps) => {
  const { ends, draws, place, map, look } = viewing
  const mean = viewing.summary.value?.mean
  const { low, high } = ends.value
  const [level, choose] = useLevel(viewing)
  const own = draws.value
  const found = usePieces(exceedancePieces, [own, level])
  if (!found || found.of[0] !== own) return <p class="quiet">Computing …</p>
  const { value: values, of } = found
  const title = `P(x > ${shown(of[1])})`
  return (
    <section class="tool">
      <div class="tool-side">
        <Slider label="u" value={level} min={low} max={high} step={(high - low) / 200} onValue={choose} />
        <p aria-live="polite" data-exceedance>
          {title} = {shown(values[place.value])} at {placeWords(draws.value.look, place.value)}
        </p>
        <p class="quiet">
          The share of the {draws.value.count} draws above u, place by place: not the probability that all of
          these places are above it together.
        </p>
      </div>
      <div class="pair">
        <FieldFigure
          {...{ viewing, stroke, values }}
          name="exceedance"
          title={title}
          scale={{ low: 0, high: 1, map: 'ember' }}
        />
        {mean && look.value.kind !== 'points' && (
          <FieldFigure
            {...{ viewing, stroke }}
            values={mean}
            name="above"
            title="Mean, dimmed where it is below u"
            scale={{ ...ends.value, map: map.value, threshold: level }}
          />
        )}
      </div>
    </section>
  )
}

export const exceedanceTool: Tool = {
  name: 'exceedance',
  title: 'Exceedance',
  has: ({ draws }) => draws.value.count > 1,
  Body,
}
