/** Samples of the prior by lap, from the Gaussian start to now. */
import { at } from './api.ts'
import { ScrollBox } from './scroll-box.tsx'

const lapName = (lap: number): string => (lap === 0 ? 'Gaussian start' : `Lap ${lap}`)

export const FilmStrip = ({ run, laps }: { readonly run: string; readonly laps: readonly number[] }) =>
  laps.length === 0 ? null : (
    <section aria-label="Samples of the prior by lap">
      <h2>Samples of the prior, lap by lap</h2>
      <ScrollBox label="Pictures of the laps, scroll sideways" look="strip">
        {laps.map((lap) => (
          <figure key={lap}>
            <img
              src={at(`runs/${encodeURIComponent(run)}/samples/${lap}`)}
              alt={`Samples of the prior, ${lapName(lap)}`}
              loading="lazy"
            />
            <figcaption>{lapName(lap)}</figcaption>
          </figure>
        ))}
      </ScrollBox>
    </section>
  )
