/** The brush and what follows it: the observation, mean, spread, truth; the trust line; the draws. */

import type { ComponentChildren, ComponentType } from 'preact'
import { useMemo } from 'preact/hooks'
import { ImageCanvas } from '../canvas/image-canvas.tsx'
import type { ColourScale } from '../canvas/scale.ts'
import { drawOf } from '../posterior/draws.ts'
import { BrushPad } from './brush-pad.tsx'
import { EngineLine } from './engine-line.tsx'
import '../ui/pieces.css'
import './gallery.css'
import type { Restoring } from './restoring.ts'
import { saveDraws } from './save-draws.ts'
import { newTool } from './tool.ts'
import { Tools } from './tools.tsx'
import { TrustLine } from './trust-line.tsx'

const Panel = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <figure class="restore-panel">
    <figcaption>{title}</figcaption>
    {children}
  </figure>
)

/** The spread is coloured up to half the range: a value that may be anything has about a third of it. */
const SPREAD = 0.5

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
  const tool = useMemo(newTool, [restoring])
  const { shape, draws, summary, truth, current } = restoring
  const [low, high] = restoring.manifest.range
  const grey: ColourScale = { low, high, map: 'grey' }
  const spread: ColourScale = { low: 0, high: SPREAD * (high - low), map: 'ember' }
  const { mean, deviation } = summary.value
  return (
    <section class="restore" aria-busy={!current.value}>
      <div class="restore-stage">
        <Panel title="Observation: paint here">
          <BrushPad restoring={restoring} tool={tool} />
        </Panel>
        <Panel title="Mean">
          <ImageCanvas values={mean} {...shape} scale={grey} label={`Mean of ${draws.value.count} draws`} />
        </Panel>
        <Panel title="Spread">
          <ImageCanvas values={deviation} {...shape} scale={spread} label="Standard deviation of the draws" />
        </Panel>
        <Panel title="Truth">
          <ImageCanvas
            values={truth.value}
            {...shape}
            scale={grey}
            label={`The ${noun} before damage and noise`}
          />
        </Panel>
      </div>
      <TrustLine restoring={restoring} />
      <EngineLine restoring={restoring} />
      <Tools restoring={restoring} tool={tool} noun={noun} />
      <div class="restore-draws-head">
        <h2>{draws.value.count} draws</h2>
        <button type="button" onClick={() => saveDraws(restoring, draws.value.name)}>
          Save as .npz
        </button>
      </div>
      <div class="restore-draws">
        {Array.from({ length: draws.value.count }, (_, k) => (
          <ImageCanvas
            key={k}
            values={drawOf(draws.value, k)}
            {...shape}
            scale={grey}
            label={`Draw ${k + 1}`}
          />
        ))}
      </div>
      {Below && <Below restoring={restoring} />}
    </section>
  )
}
