/** All draws, small; the one that is chosen stands large above. */
import type { Signal } from '@preact/signals'
import type { ColourScale } from '../../canvas/scale.ts'
import type { Restoring } from '../restoring.ts'
import { saveDraws } from '../save-draws.ts'
import type { Sight } from './sight.ts'
import { Surface } from './surface.tsx'

export const DrawStrip = ({
  restoring,
  sight,
  draw,
  scale,
}: {
  readonly restoring: Restoring
  readonly sight: Sight
  /** Which one is large. */
  readonly draw: Signal<number>
  readonly scale: ColourScale
}) => {
  const draws = restoring.draws.value
  const raster = sight.following.value
  return (
    <>
      <div class="restore-draws-head">
        <h2>{draws.count} draws</h2>
        <button type="button" onClick={() => saveDraws(restoring, draws.name)}>
          Save as .npz
        </button>
      </div>
      <div class={`restore-draws ${draws.count % 10 === 0 ? 'tens' : ''}`}>
        {raster &&
          restoring.each.value.map((values, k) => (
            <button
              key={k}
              type="button"
              class="restore-draw"
              aria-pressed={draw.value === k}
              onClick={() => {
                draw.value = k
              }}
            >
              <Surface raster={raster} values={values} scale={scale} label={`Draw ${k + 1}`} />
            </button>
          ))}
      </div>
    </>
  )
}
