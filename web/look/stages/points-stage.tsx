/** Points in a few dimensions: every coordinate against every other. */

import { spannedHistogram } from '../../posterior/histogram.ts'
import { drawsAt } from '../../posterior/summary.ts'
import { shown } from '../../ui/number.ts'
import type { Viewing } from '../viewing.ts'
import type { StageProps } from './stage.ts'

/** Coordinates that are drawn. */
const MOST = 6
const [SIDE, GAP] = [120, 10]

interface Axis {
  readonly values: Float32Array
  readonly at: (value: number) => number
}

const axisOf = (viewing: Viewing, coordinate: number): Axis => {
  const { draws } = viewing
  const { truth } = draws.value
  const values = drawsAt(draws.value, coordinate)
  const all = truth ? [...values, truth[coordinate]] : [...values]
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const wide = high - low || 1
  return { values, at: (value) => (SIDE * (value - low + 0.04 * wide)) / (1.08 * wide) }
}

const Bars = ({ values, at }: Axis) => {
  const { edges, counts } = spannedHistogram(values)
  const most = Math.max(...counts)
  return (
    <>
      {counts.map((count, i) => (
        <rect
          key={edges[i]}
          class="histogram-bar"
          x={at(edges[i])}
          width={Math.max(0.5, at(edges[i + 1]) - at(edges[i]) - 1)}
          y={SIDE - (0.92 * SIDE * count) / most}
          height={(0.92 * SIDE * count) / most}
        />
      ))}
    </>
  )
}

export const PointsStage = ({ viewing }: StageProps) => {
  const { draws, draw, place } = viewing
  const { size, truth, count } = draws.value
  const used = Math.min(size, MOST)
  const axes = Array.from({ length: used }, (_, i) => axisOf(viewing, i))
  const whole = used * (SIDE + GAP)
  return (
    <figure class="panel" data-view="corner">
      <svg
        class="corner"
        viewBox={`0 0 ${whole} ${whole}`}
        role="img"
        aria-label={`${count} draws, ${used} coordinates against each other`}
      >
        {axes.flatMap((down, i) =>
          axes.slice(0, i + 1).map((across, j) => (
            <g key={`${i} ${j}`} transform={`translate(${j * (SIDE + GAP)} ${i * (SIDE + GAP)})`}>
              <rect
                class={place.value === i || place.value === j ? 'corner-frame on' : 'corner-frame'}
                width={SIDE}
                height={SIDE}
              />
              {i === j ? (
                <Bars {...across} />
              ) : (
                Array.from(across.values, (value, k) => (
                  <circle
                    key={k}
                    class={k === draw.value ? 'corner-dot on' : 'corner-dot'}
                    cx={across.at(value)}
                    cy={SIDE - down.at(down.values[k])}
                    r={k === draw.value ? 3.5 : 1.8}
                  />
                ))
              )}
              {truth && (
                <path
                  class="corner-truth"
                  d={`M${across.at(truth[j])} 0V${SIDE}${i === j ? '' : `M0 ${SIDE - down.at(truth[i])}H${SIDE}`}`}
                />
              )}
            </g>
          )),
        )}
      </svg>
      <div class="field" role="group" aria-label="Coordinate under the cross-hair">
        {Array.from({ length: size }, (_, i) => (
          <button key={i} type="button" aria-pressed={place.value === i} onClick={() => (place.value = i)}>
            {i + 1}
          </button>
        ))}
      </div>
      {size > MOST && <p class="quiet">The first {shown(MOST)} coordinates are drawn.</p>}
    </figure>
  )
}
