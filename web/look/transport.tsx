/** Which draw is shown: a slider, play and pause, a strip of favourites. */
import { useEffect } from 'preact/hooks'
import { Slider } from '../ui/slider.tsx'
import { Thumbnail } from './thumbnail.tsx'
import type { Viewing } from './viewing.ts'

/** Milliseconds that a draw is shown while they are played. */
const EACH = 400

export const Transport = ({ viewing }: { readonly viewing: Viewing }) => {
  const { draw, playing, favourites, draws } = viewing
  const { count } = draws.value
  const plays = playing.value
  useEffect(() => {
    if (!plays) return undefined
    const timer = setInterval(() => {
      draw.value = (draw.value + 1) % count
    }, EACH)
    return () => clearInterval(timer)
  }, [plays, count])
  if (count < 2) return null
  const kept = favourites.value
  const current = draw.value
  const keep = () => {
    favourites.value = kept.includes(current) ? kept.filter((k) => k !== current) : [...kept, current]
  }
  return (
    <section class="transport" aria-label="Draws">
      <div class="transport-row">
        <button type="button" class="play" onClick={() => (playing.value = !plays)}>
          {plays ? 'Pause' : 'Play'}
        </button>
        <Slider
          label="Draw"
          value={current + 1}
          min={1}
          max={count}
          step={1}
          text={`${current + 1} of ${count}`}
          onValue={(k) => {
            playing.value = false
            draw.value = k - 1
          }}
        />
        <button type="button" aria-pressed={kept.includes(current)} onClick={keep}>
          Keep
        </button>
      </div>
      {kept.length > 0 && (
        <ul class="favourites" aria-label="Kept draws">
          {kept.map((k) => (
            <li key={k}>
              <button
                type="button"
                aria-pressed={k === current}
                onClick={() => {
                  playing.value = false
                  draw.value = k
                }}
              >
                <Thumbnail viewing={viewing} draw={k} />
                {k + 1}
                <span class="visually-hidden"> show this draw</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
