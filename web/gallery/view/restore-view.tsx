/** The brush and what follows it: the observation, mean, a draw, spread, truth; the trust line; the draws. */

import { useSignal } from '@preact/signals'
import type { ComponentChildren, ComponentType } from 'preact'
import { useMemo } from 'preact/hooks'
import type { ColourScale } from '../../canvas/scale.ts'
import { mapFor } from '../../look/map-for.ts'
import { Notice } from '../../ui/notice.tsx'
import { inColour } from '../domain.ts'
import { BrushPad } from '../pad/brush-pad.tsx'
import { brushOf } from '../pad/brushes.ts'
import { DrawStrip } from './draw-strip.tsx'
import { EngineLine } from './engine-line.tsx'
import '../../ui/pieces.css'
import '../gallery.css'
import { newTool, type Tool } from '../pad/tool.ts'
import { Tools } from '../pad/tools.tsx'
import type { Restoring } from '../restoring.ts'
import { TrustLine } from '../trust-line.tsx'
import { Legend } from './legend.tsx'
import { type Sight, sightOf } from './sight.ts'
import { Surface } from './surface.tsx'

const Panel = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <figure class="restore-panel">
    <figcaption>{title}</figcaption>
    {children}
  </figure>
)

/**
 * The colours of values, the same everywhere on the page, and of their spread: up to the widest among the
 * examples, which is about what is left of one that is not observed at all.
 */
const scalesOf = ({ manifest, draws, widest }: Restoring): { values: ColourScale; spread: ColourScale } => {
  const [low, high] = manifest.range
  return {
    values: { low, high, map: mapFor(draws.value.look) },
    spread: { low: 0, high: widest, map: 'ember' },
  }
}

const Stage = ({
  restoring,
  sight,
  tool,
  noun,
  draw,
}: {
  readonly restoring: Restoring
  readonly sight: Sight
  readonly tool: Tool
  readonly noun: string
  /** Which draw. */
  readonly draw: number
}) => {
  const { draws, each, summary, spread, truth } = restoring
  const scales = scalesOf(restoring)
  const [pad, raster] = [sight.pad.value, sight.following.value]
  if (sight.fault.value !== undefined) return <Notice title={sight.fault.value} />
  if (!pad || !raster) return <p class="quiet">Loading …</p>
  const still = { raster, scale: scales.values }
  const { count } = draws.value
  return (
    <div class={`restore-stage ${raster.width > 1.5 * raster.height ? 'wide' : ''}`}>
      <Panel title="Observation: paint here">
        <BrushPad {...{ restoring, sight, tool }} raster={pad} scale={scales.values} />
      </Panel>
      <Panel title="Mean">
        <Surface {...still} values={summary.value.mean} label={`Mean of ${count} draws`} />
      </Panel>
      <Panel title={`Draw ${draw + 1}`}>
        <Surface {...still} values={each.value[draw]} label={`Draw ${draw + 1}, large`} />
      </Panel>
      <Panel title="Spread">
        <Surface
          raster={raster}
          values={spread.value}
          scale={scales.spread}
          label="Standard deviation of the draws"
        />
      </Panel>
      <Panel title="Truth">
        <Surface {...still} values={truth.value} label={`The ${noun} before damage and noise`} />
      </Panel>
    </div>
  )
}

export const RestoreView = ({
  restoring,
  noun,
  below: Below,
}: {
  readonly restoring: Restoring
  /** `digit`. */
  readonly noun: string
  /** What stands under the draws. */
  readonly below?: ComponentType<{ readonly restoring: Restoring }>
}) => {
  const tool = useMemo(() => newTool(brushOf(restoring.domain)), [restoring])
  const sight = useMemo(() => sightOf(restoring.draws.peek().look), [restoring])
  const draw = useSignal(0)
  const scales = scalesOf(restoring)
  return (
    <section class="restore" aria-busy={!restoring.current.value}>
      <Stage {...{ restoring, sight, tool, noun }} draw={draw.value} />
      <Legend {...scales} coloured={inColour(restoring.domain)} />
      <TrustLine restoring={restoring} />
      <EngineLine restoring={restoring} />
      <Tools {...{ restoring, sight, tool, noun }} />
      <DrawStrip {...{ restoring, sight, draw }} scale={scales.values} />
      {Below && <Below restoring={restoring} />}
    </section>
  )
}
