/** Two views in one place, with an edge between them that can be moved. */
import { useComputed, useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { Slider } from '../../ui/slider.tsx'
import { SaveFigure } from '../export/save-figure.tsx'
import { viewPicture } from '../field-picture.ts'
import { Field } from '../panel.tsx'
import { type View, viewsOf } from '../views.ts'
import type { Tool, ToolProps } from './tool.ts'

const Choice = ({
  label,
  options,
  current,
  onView,
}: ToolProps & {
  readonly label: string
  readonly options: readonly View[]
  readonly current: View
  readonly onView: (name: string) => void
}) => {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={current.name} onChange={({ currentTarget }) => onView(currentTarget.value)}>
        {options.map(({ name }) => (
          <option key={name} value={name}>
            {name === 'draw' ? 'the draw' : name}
          </option>
        ))}
      </select>
    </div>
  )
}

const Half = ({ view, viewing, stroke }: ToolProps & { readonly view: View }) => {
  const shown = useComputed(() => view.of(viewing)).value
  const raster = viewing.raster.value
  if (!shown || !raster) return <p class="quiet">Computing …</p>
  return (
    <Field
      {...{ viewing, stroke, raster, shown }}
      scale={view.scale(viewing, shown)}
      label={view.title(viewing)}
    />
  )
}

const Body = (props: ToolProps) => {
  const { viewing } = props
  const options = viewsOf(viewing)
  const names = useSignal<readonly [string, string]>([
    'draw',
    options.some((v) => v.name === 'truth') ? 'truth' : 'mean',
  ])
  const edge = useSignal(50)
  const viewOf = (name: string): View => options.find((view) => view.name === name) ?? options[0]
  const [left, right] = [viewOf(names.value[0]), viewOf(names.value[1])]
  return (
    <section class="tool">
      <div class="tool-side">
        <Choice
          {...props}
          label="Left"
          options={options}
          current={left}
          onView={(name) => (names.value = [name, names.value[1]])}
        />
        <Choice
          {...props}
          label="Right"
          options={options}
          current={right}
          onView={(name) => (names.value = [names.value[0], name])}
        />
        <Slider
          label="Edge"
          value={edge.value}
          min={0}
          max={100}
          step={1}
          text={`${edge.value} %`}
          onValue={(value) => (edge.value = value)}
        />
      </div>
      <figure class="panel large">
        <figcaption class="swipe-names">
          <span>{left.title(viewing)}</span>
          <SaveFigure
            name="swipe"
            title={`${left.title(viewing)} | ${right.title(viewing)}`}
            picture={() => {
              const [a, b] = [viewPicture(viewing, left), viewPicture(viewing, right)]
              return a && b && { left: a, right: b, share: edge.value / 100 }
            }}
          />
          <span>{right.title(viewing)}</span>
        </figcaption>
        <div class="swipe">
          <Half key={`right ${right.name}`} {...props} view={right} />
          <div class="swipe-left" style={{ clipPath: `inset(0 ${100 - edge.value}% 0 0)` }}>
            <Half key={`left ${left.name}`} {...props} view={left} />
          </div>
          <i class="swipe-edge" style={{ left: `${edge.value}%` }} />
        </div>
      </figure>
    </section>
  )
}

export const swipeTool: Tool = {
  name: 'swipe',
  title: 'Swipe',
  has: ({ raster }) => raster.value !== undefined,
  Body,
}
