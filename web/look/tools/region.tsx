/** What a region says: distributions over the draws, as a table that can be copied. */
import type { Look } from '../../posterior/draws.ts'
import { spannedHistogram } from '../../posterior/histogram.ts'
import { type Regional, regionalPieces } from '../../posterior/regional.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { HistogramChart, type Mark } from '../../ui/histogram.tsx'
import { shown } from '../../ui/number.ts'
import { Slider } from '../../ui/slider.tsx'
import type { Table } from '../../ui/table.ts'
import { placeWords } from '../place-words.ts'
import { RegionBox } from '../region/region-box.tsx'
import type { Viewing } from '../viewing.ts'
import type { Tool, ToolProps } from './tool.ts'
import { useLevel } from './use-level.ts'
import { usePieces } from './use-pieces.ts'

/** The numbers of a region, a row for each. */
const regionTable = ({ distributions }: Regional): Table => {
  const truth = distributions.some((d) => d.truth !== undefined)
  return {
    name: 'region',
    columns: ['over draws', 'mean', 'sd', '5 %', 'median', '95 %', ...(truth ? ['truth'] : [])],
    rows: distributions.map(({ name, mean, deviation, low, median, high, truth: real }) => [
      name,
      mean,
      deviation,
      low,
      median,
      high,
      ...(truth ? [real] : []),
    ]),
  }
}

const Peak = ({ viewing, found: { peak } }: { readonly viewing: Viewing; readonly found: Regional }) => {
  const { look } = viewing.draws.value
  const percent = Math.round(100 * peak.share)
  return (
    <p data-peak>
      The maximum is most often at {placeWords(look, peak.place)}: in {percent} % of the draws
      {peak.truth !== undefined && `; that of the truth is at ${placeWords(look, peak.truth)}`}. It takes{' '}
      {new Set(peak.places).size} places in all.
    </p>
  )
}

const drawn = 'choose rectangle, lasso or brush above and draw on any picture'

/** How a region is made. */
const howTo: Readonly<Record<Look['kind'], string>> = {
  image: `${drawn}, or give the ends here.`,
  series: 'drag with Shift over any chart, or give the ends here.',
  sphere: `${drawn}.`,
  mesh: `${drawn}.`,
  points: 'points have none.',
}

const Body = ({ viewing }: ToolProps) => {
  const { ends, region, draws } = viewing
  const [threshold, choose] = useLevel(viewing)
  const made = usePieces(
    (own, marks, level) => marks && regionalPieces(own, marks, level),
    [draws.value, region.value, threshold],
  )
  const found = region.value && made?.of[0] === draws.value ? made.value : undefined
  const { low, high } = ends.value
  return (
    <section class="tool">
      <div class="tool-side">
        <RegionBox viewing={viewing} />
        <Slider
          label="Threshold"
          value={threshold}
          min={low}
          max={high}
          step={(high - low) / 200}
          onValue={choose}
        />
      </div>
      {found ? (
        <div>
          <DataTable
            table={regionTable(found)}
            caption={`${found.places} places, ${draws.value.count} draws${
              draws.value.look.kind === 'sphere' ? '; places are counted, not areas' : ''
            }`}
          />
          <Peak viewing={viewing} found={found} />
          <div class="small-charts">
            {found.distributions.map((own) => {
              const marks: readonly Mark[] = [
                { name: 'mean', value: own.mean, kind: 'mean' },
                ...(own.truth === undefined
                  ? []
                  : [{ name: 'truth', value: own.truth, kind: 'truth' } as const]),
              ]
              return (
                <figure key={own.name}>
                  <figcaption>{own.name}</figcaption>
                  <HistogramChart
                    histogram={spannedHistogram(own.values)}
                    marks={marks}
                    band={[own.low, own.high]}
                    label={`${own.name}: 90 % interval ${shown(own.low)} to ${shown(own.high)}`}
                  />
                </figure>
              )
            })}
          </div>
        </div>
      ) : region.value ? (
        <p class="quiet">Computing …</p>
      ) : (
        <p class="quiet">No region yet: {howTo[draws.value.look.kind]}</p>
      )}
    </section>
  )
}

export const regionTool: Tool = {
  name: 'region',
  title: 'Region',
  has: ({ draws }) => draws.value.look.kind !== 'points' && draws.value.count > 1,
  Body,
}
