/** Principal components: what varies together, in the whole or in the region, with a slider along each. */
import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { addGram, along, type Component, componentPieces, emptyGram } from '../../posterior/components.ts'
import { sliced } from '../../posterior/pieces.ts'
import { placesIn } from '../../posterior/regional.ts'
import { largestMagnitude } from '../../posterior/signals.ts'
import { inSlices } from '../../posterior/slices.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { shown } from '../../ui/number.ts'
import { Slider } from '../../ui/slider.tsx'
import type { Table } from '../../ui/table.ts'
import { FieldFigure } from '../field-figure.tsx'
import type { Tool, ToolProps } from './tool.ts'

const BLOCK = 1024

const tableOf = (components: readonly Component[]): Table => ({
  name: 'components',
  columns: ['component', 'variance', 'sd'],
  rows: components.map(({ share, deviation }, j) => [String(j + 1), share, deviation]),
})

const Body = ({ viewing, stroke }: ToolProps) => {
  const { draws, summary, region, ends, map } = viewing
  const found = useSignal<readonly Component[] | undefined>(undefined)
  const chosen = useSignal(0)
  const t = useSignal(2)
  const only = useSignal(false)
  const places = only.value && region.value ? region.value : undefined
  const own = draws.value
  const mean = summary.value?.mean
  useEffect(() => {
    if (!mean) return undefined
    const called = new AbortController()
    const among = places && placesIn(places)
    const products = emptyGram(own.count)
    const total = among ? among.length : own.size
    const add = (from: number, to: number) => addGram(products, own, mean, [from, to], among)
    const made = async () => {
      if (!(await inSlices(total, BLOCK, add, called.signal))) return
      const components = await sliced(componentPieces(own, mean, products), called.signal)
      if (!components) return
      found.value = components
      chosen.value = Math.min(chosen.value, Math.max(0, components.length - 1))
    }
    void made()
    return () => called.abort()
  }, [own, mean, places])
  const components = found.value
  const component = components?.[chosen.value]
  const moved = useComputed(() => {
    const one = found.value?.[chosen.value]
    const own = summary.value?.mean
    return one && own && one.pattern.length === own.length ? along(own, one, t.value) : undefined
  }).value
  if (!components) return <p class="quiet">Computing …</p>
  if (!component || !moved) return <p class="quiet">The draws do not differ.</p>
  const most = largestMagnitude(component.pattern) || 1
  return (
    <section class="tool">
      <div class="tool-side">
        <label class="check">
          <input
            type="checkbox"
            checked={only.value}
            disabled={!region.value}
            onChange={({ currentTarget }) => (only.value = currentTarget.checked)}
          />{' '}
          of the region{region.value ? '' : ' (none is drawn)'}
        </label>
        <div class="field" role="group" aria-label="Component">
          {components.map((one, j) => (
            <button
              key={String(j)}
              type="button"
              aria-pressed={j === chosen.value}
              onClick={() => (chosen.value = j)}
            >
              {j + 1} <span class="quiet">{Math.round(100 * one.share)} %</span>
            </button>
          ))}
        </div>
        <Slider
          label="Along it"
          value={t.value}
          min={-3}
          max={3}
          step={0.1}
          text={`${shown(t.value)} sd`}
          onValue={(value) => (t.value = value)}
        />
        <DataTable table={tableOf(components)} />
      </div>
      <div class="pair">
        <FieldFigure
          {...{ viewing, stroke }}
          values={component.pattern}
          name="component"
          title={`Component ${chosen.value + 1}: change by one sd`}
          scale={{ low: -most, high: most, map: 'thermal' }}
        />
        <FieldFigure
          {...{ viewing, stroke }}
          values={moved}
          name="along"
          title={`Mean ${t.value < 0 ? '−' : '+'} ${shown(Math.abs(t.value))} sd`}
          scale={{ ...ends.value, map: map.value }}
        />
      </div>
    </section>
  )
}

export const componentsTool: Tool = {
  name: 'components',
  title: 'Components',
  has: ({ draws }) => draws.value.count > 2,
  Body,
}
