/** What the draws say about one place: a histogram, an interval, the same as a table and in words. */
import { useComputed, useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { spannedHistogram } from '../posterior/histogram.ts'
import { percent, shownLevel } from '../posterior/repaired.ts'
import { drawsAt, figuresOf } from '../posterior/summary.ts'
import { DataTable } from '../ui/data-table.tsx'
import { HistogramChart, type Mark, MarkKey } from '../ui/histogram.tsx'
import { shown } from '../ui/number.ts'
import type { Table } from '../ui/table.ts'
import { SaveFigure } from './export/save-figure.tsx'
import { placeWords } from './place-words.ts'
import type { Viewing } from './viewing.ts'

const first = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** What is known of the place under the cross-hair. */
const probed = ({ draws, place }: Viewing) => {
  const own = draws.value
  const at = place.value
  const values = drawsAt(own, at)
  return {
    own,
    at,
    values,
    figures: figuresOf(values.slice()),
    histogram: spannedHistogram(values),
    where: first(placeWords(own.look, at)),
  }
}

export const Probe = ({ viewing }: { readonly viewing: Viewing }) => {
  const found = useComputed(() => probed(viewing)).value
  const { own, at, values, figures, histogram, where } = found
  const open = useSignal(false)
  const repaired = own.repaired && shownLevel(own.repaired)
  const { mean, deviation, low, median, high } = figures
  const name = viewing.quantities.value[viewing.quantity.value].name
  const marks: readonly Mark[] = [
    { name: 'mean', value: mean, kind: 'mean' },
    ...(own.truth ? [{ name: 'truth', value: own.truth[at], kind: 'truth' } as const] : []),
    { name: `draw ${viewing.draw.value + 1}`, value: values[viewing.draw.value], kind: 'draw' },
  ]
  const table = useMemo<Table>(
    () => ({
      name: 'histogram',
      columns: ['from', 'to', 'draws'],
      rows: histogram.counts.map((count, i) => [histogram.edges[i], histogram.edges[i + 1], count]),
    }),
    [histogram],
  )
  const outside = own.domain?.[at] === 0
  const said = outside
    ? `${where}: outside of the data.`
    : `${where}: ${name} ${shown(mean)} ± ${shown(deviation)}, ` +
      `90 % interval ${shown(low)} to ${shown(high)}` +
      `${own.truth ? `, truth ${shown(own.truth[at])}` : ''}.`
  return (
    <section class="probe" aria-label="Probe">
      <h2>
        Under the cross-hair <SaveFigure name="histogram" title="the histogram" />
      </h2>
      <p class="probe-said" aria-live="polite" data-probe>
        {said}
      </p>
      {!outside && (
        <>
          <HistogramChart
            histogram={histogram}
            marks={marks}
            band={[low, high]}
            label={`Histogram of ${values.length} draws from ${shown(histogram.edges[0])} to ${shown(
              histogram.edges[histogram.edges.length - 1],
            )}; the table below has its numbers.`}
          />
          <MarkKey marks={marks} />
          <dl class="figures">
            <dt>median</dt>
            <dd>{shown(median)}</dd>
            <dt>90 % interval</dt>
            <dd>
              {shown(low)} … {shown(high)}
            </dd>
            {repaired && (
              <>
                <dt>repaired {percent(repaired.level)} interval</dt>
                <dd data-repaired>
                  {shown(repaired.low[at])} … {shown(repaired.high[at])}
                </dd>
              </>
            )}
            <dt>standard deviation</dt>
            <dd>{shown(deviation)}</dd>
          </dl>
          {own.count < 19 && (
            <p class="quiet">{own.count} draws: a 90 % interval needs 19; this one holds less.</p>
          )}
          <details open={open.value} onToggle={({ currentTarget }) => (open.value = currentTarget.open)}>
            <summary>Histogram as a table</summary>
            {open.value && <DataTable table={table} />}
          </details>
        </>
      )}
    </section>
  )
}
