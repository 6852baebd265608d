/** What the colours mean. */
import type { ColourScale } from '../../canvas/scale.ts'
import { ColourBar } from '../../look/colour-bar.tsx'

/** An end of a scale: three digits, no zeros behind them. */
const end = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '−')

const Bar = ({ title, scale }: { readonly title: string; readonly scale: ColourScale }) => (
  <span class="legend-bar">
    {title} <span>{end(scale.low)}</span>
    <ColourBar map={scale.map} />
    <span>{end(scale.high)}</span>
  </span>
)

export const Legend = ({
  values,
  spread,
  coloured,
}: {
  readonly values: ColourScale
  readonly spread: ColourScale
  /** Whether values are colours themselves. */
  readonly coloured: boolean
}) => (
  <p class="legend">
    {!coloured && <Bar title="Values" scale={values} />}
    <Bar title="Spread (standard deviation)" scale={spread} />
    <span class="legend-bar">
      <i class={coloured ? 'legend-erased among-colours' : 'legend-erased'} /> Erased
    </span>
  </p>
)
