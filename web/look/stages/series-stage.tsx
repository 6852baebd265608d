/** A series: the fan of the draws, and below it what is in other units. */
import { useComputed } from '@preact/signals'
import { drawOf } from '../../posterior/draws.ts'
import { type Curve, Fan } from '../../ui/fan.tsx'
import { LineField, stretch, windowOf } from '../line-field.tsx'
import type { Viewing } from '../viewing.ts'
import type { View } from '../views.ts'
import type { StageProps } from './stage.ts'

/** What the fan does not show already. */
const BESIDE = ['deviation', 'error', 'z-score', 'coverage']

/** Ends that hold the band and the curves. */
const endsOf = ({ ends }: Viewing): readonly [number, number] => [ends.value.low, ends.value.high]

const Key = ({ curves }: { readonly curves: readonly Curve[] }) => (
  <p class="fan-key quiet">
    <span class="band">90 % interval</span>
    {curves
      .filter(({ kind }) => kind !== 'kept')
      .map(({ name, kind }) => (
        <span key={name} class={kind}>
          {name}
        </span>
      ))}
  </p>
)

const Beside = ({ view, viewing }: { readonly view: View; readonly viewing: Viewing }) => {
  const shown = useComputed(() => view.of(viewing)).value
  if (!shown) return null
  const title = view.title(viewing)
  return (
    <figure class="panel" data-view={view.name}>
      <figcaption>
        {title} {view.words && <span class="quiet">{view.words}</span>}
      </figcaption>
      <LineField {...{ viewing }} values={shown.values} scale={view.scale(viewing, shown)} label={title} />
    </figure>
  )
}

export const SeriesStage = ({ viewing, views }: StageProps) => {
  const { draws, summary, draw, favourites, region } = viewing
  const own = draws.value
  const made = summary.value
  if (!made) return <p class="quiet">Computing …</p>
  const curves: readonly Curve[] = [
    ...favourites.value.map((k): Curve => ({ name: `kept ${k + 1}`, values: drawOf(own, k), kind: 'kept' })),
    { name: 'mean', values: made.mean, kind: 'mean' },
    { name: `draw ${draw.value + 1}`, values: drawOf(own, draw.value), kind: 'draw' },
    ...(own.truth ? [{ name: 'truth', values: own.truth, kind: 'truth' } as const] : []),
  ]
  return (
    <div class="series-stage">
      <figure class="panel" data-view="fan">
        <Fan
          label="Mean, draw and 90 % interval"
          length={own.size}
          window={windowOf(viewing)}
          ends={endsOf(viewing)}
          band={{ low: made.low, high: made.high }}
          curves={curves}
          place={viewing.place.value}
          onPlace={(place) => (viewing.place.value = place)}
          onStretch={(a, b) => stretch(viewing, a, b)}
          {...(own.observed ? { dots: own.observed } : {})}
          {...(region.value ? { region: region.value } : {})}
        />
        <Key curves={curves} />
      </figure>
      <div class="pair">
        {views
          .filter(({ name }) => BESIDE.includes(name))
          .map((view) => (
            <Beside key={view.name} view={view} viewing={viewing} />
          ))}
      </div>
    </div>
  )
}
