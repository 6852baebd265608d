/** What holds for all views: quantity, colours, enlargement, what the pointer does. */
import { useId } from 'preact/hooks'
import { type MapName, maps } from '../canvas/scale.ts'
import { Slider } from '../ui/slider.tsx'
import { endsOf } from './ends.ts'
import { type PointerTool, pointerToolOf, pointerTools } from './region/pointer-tools.ts'
import { MOST_TIMES, type Viewing } from './viewing.ts'

const isMap = (name: string): name is MapName => Object.hasOwn(maps, name)
const toolNames = Object.keys(pointerTools) as PointerTool[]

const Quantities = ({ viewing: { quantities, quantity } }: { readonly viewing: Viewing }) => {
  const id = useId()
  if (quantities.value.length < 2) return null
  return (
    <div class="field">
      <label for={id}>Quantity</label>
      <select
        id={id}
        value={String(quantity.value)}
        onChange={({ currentTarget }) => (quantity.value = Number(currentTarget.value))}
      >
        {quantities.value.map(({ name }, i) => (
          <option key={name} value={String(i)}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}

const End = ({ viewing, end }: { readonly viewing: Viewing; readonly end: 'low' | 'high' }) => {
  const id = useId()
  const { ends } = viewing
  const set = (value: number) => {
    const next = { ...ends.value, [end]: value }
    if (Number.isFinite(value) && next.low < next.high) ends.value = next
  }
  return (
    <div class="field">
      <label for={id}>{end === 'low' ? 'Scale from' : 'to'}</label>
      <input
        id={id}
        type="number"
        step="any"
        value={Number(ends.value[end].toPrecision(4))}
        onChange={({ currentTarget }) => set(currentTarget.valueAsNumber)}
      />
    </div>
  )
}

const Maps = ({ viewing: { map } }: { readonly viewing: Viewing }) => {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>Colours</label>
      <select
        id={id}
        value={map.value}
        onChange={({ currentTarget: { value } }) => {
          if (isMap(value)) map.value = value
        }}
      >
        {Object.keys(maps).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}

const Colours = ({ viewing }: { readonly viewing: Viewing }) => {
  const { ends, draws } = viewing
  return (
    <>
      <End viewing={viewing} end="low" />
      <End viewing={viewing} end="high" />
      {viewing.raster.value && <Maps viewing={viewing} />}
      <button type="button" onClick={() => (ends.value = endsOf(draws.value))}>
        Reset scale
      </button>
    </>
  )
}

const Enlarge = ({ viewing: { times } }: { readonly viewing: Viewing }) => (
  <div class="field" role="group" aria-label="Enlarge">
    <button type="button" aria-label="Smaller" disabled={times.value <= 1} onClick={() => (times.value /= 2)}>
      −
    </button>
    <output aria-live="polite">{times.value}×</output>
    <button
      type="button"
      aria-label="Larger"
      disabled={times.value >= MOST_TIMES}
      onClick={() => (times.value *= 2)}
    >
      +
    </button>
  </div>
)

const Pointer = ({ viewing: { pointer, region, look } }: { readonly viewing: Viewing }) => (
  <div class="field" role="group" aria-label="Pointer">
    {toolNames
      .filter(
        (name) => !pointerToolOf(name).turns || look.value.kind === 'sphere' || look.value.kind === 'mesh',
      )
      .map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={pointer.value === name}
          onClick={() => (pointer.value = name)}
        >
          {pointerToolOf(name).title}
        </button>
      ))}
    {region.value && (
      <button type="button" onClick={() => (region.value = undefined)}>
        Clear region
      </button>
    )}
  </div>
)

const degrees = (value: number): string => `${value}°`

const Surface = ({ viewing: { look, turn } }: { readonly viewing: Viewing }) => {
  const { kind } = look.value
  if (kind !== 'sphere' && kind !== 'mesh') return null
  const { azimuth, elevation, globe } = turn.value
  const set = (change: Partial<typeof turn.value>) => {
    turn.value = { ...turn.value, ...change }
  }
  return (
    <>
      {kind === 'sphere' && (
        <div class="field" role="group" aria-label="Projection">
          <button type="button" aria-pressed={!globe} onClick={() => set({ globe: false })}>
            Map
          </button>
          <button type="button" aria-pressed={globe} onClick={() => set({ globe: true })}>
            Globe
          </button>
        </div>
      )}
      <Slider
        label="Turn"
        value={azimuth}
        min={-180}
        max={180}
        step={5}
        text={degrees(azimuth)}
        onValue={(value) => set({ azimuth: value })}
      />
      {(kind === 'mesh' || globe) && (
        <Slider
          label="Tilt"
          value={elevation}
          min={-90}
          max={90}
          step={5}
          text={degrees(elevation)}
          onValue={(value) => set({ elevation: value })}
        />
      )}
    </>
  )
}

export const Toolbar = ({ viewing }: { readonly viewing: Viewing }) => (
  <div class="toolbar">
    <Quantities viewing={viewing} />
    {viewing.look.value.kind !== 'points' && <Colours viewing={viewing} />}
    <Surface viewing={viewing} />
    {viewing.look.value.kind !== 'points' && <Enlarge viewing={viewing} />}
    {viewing.look.value.kind === 'series' && <p class="quiet">Drag with Shift to mark a stretch.</p>}
    {viewing.raster.value && (
      <>
        <Pointer viewing={viewing} />
        {viewing.pointer.value !== 'cross' && (
          <p class="quiet toolbar-words">{pointerToolOf(viewing.pointer.value).keys}</p>
        )}
      </>
    )}
  </div>
)
