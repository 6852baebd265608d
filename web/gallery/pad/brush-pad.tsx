/** The observation, painted on: by mouse or touch, or by the arrow keys and the space bar. */

import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Pixel } from '../../canvas/image-canvas.tsx'
import type { ColourScale } from '../../canvas/scale.ts'
import { nextPlace, placeAt, type Raster } from '../../look/rasters/raster.ts'
import type { Turn } from '../../look/rasters/rasters.ts'
import { draggedTurn, turnedBy } from '../../look/rasters/turned.ts'
import { inColour } from '../domain.ts'
import type { Restoring } from '../restoring.ts'
import { hasFarSide, type Sight } from '../view/sight.ts'
import { Surface } from '../view/surface.tsx'
import { padWords, turnWords } from './pad-words.ts'
import { type Tool, TURN_STEP } from './tool.ts'
import { Turns } from './turns.tsx'

const labels = {
  erase: 'Observation. Space or Enter: erase here',
  restore: 'Observation. Space or Enter: restore here',
  turn: 'Observation',
}

const middleOf = ({ height, width }: Raster): Pixel => ({ row: height >> 1, column: width >> 1 })

export const BrushPad = ({
  restoring,
  sight,
  raster,
  tool,
  scale,
}: {
  readonly restoring: Restoring
  readonly sight: Sight
  readonly raster: Raster
  readonly tool: Tool
  readonly scale: ColourScale
}) => {
  const { mask } = restoring
  const coloured = inColour(restoring.domain)
  const { action, brush, size } = tool
  /** Where the pointer was, and the view when it was pressed. */
  const held = useRef<{ readonly at: Pixel; readonly start: Pixel; readonly turn: Turn } | undefined>(
    undefined,
  )
  /** The place that the arrow keys are at. */
  const place = useSignal<number | undefined>(undefined)
  const cross = place.value === undefined ? undefined : raster.pixelOf(place.value)
  const paint = (from: Pixel, to: Pixel): void => {
    const seen = action.value === 'restore'
    mask.value = brush.paint(mask.value, { raster, from, to, size: size.value, seen })
  }
  const onStroke = (pixel: Pixel, phase: 'start' | 'move' | 'end') => {
    restoring.painting.value = phase !== 'end'
    if (phase === 'end') {
      held.current = undefined
      return
    }
    place.value = undefined
    const before = held.current ?? { at: pixel, start: pixel, turn: sight.turn.value }
    if (action.value === 'turn')
      sight.turn.value = draggedTurn(before.turn, before.start, pixel, raster.width)
    else paint(before.at, pixel)
    held.current = { ...before, at: pixel }
  }
  const step = (to: Pixel): void => {
    const from = cross ?? middleOf(raster)
    if (action.value === 'turn') {
      place.value = undefined
      const [right, down] = [Math.sign(to.column - from.column), Math.sign(to.row - from.row)]
      sight.turn.value = turnedBy(sight.turn.value, TURN_STEP * right, TURN_STEP * down)
      return
    }
    const next = nextPlace(raster, from, to)
    if (next >= 0) place.value = next
  }
  const onKey = (key: string): boolean => {
    if ((key !== ' ' && key !== 'Enter') || action.value === 'turn') return false
    const at = cross ?? middleOf(raster)
    const under = placeAt(raster, at)
    if (under >= 0) place.value = under
    paint(at, at)
    return true
  }
  return (
    <div class={coloured ? 'brush-pad among-colours' : 'brush-pad'}>
      <Surface
        raster={raster}
        values={restoring.seen.value}
        scale={scale}
        label={labels[action.value]}
        {...(coloured ? { there: mask.value } : {})}
        {...(cross ? { cross } : {})}
        {...(action.value === 'turn' ? { arrows: 'Arrow keys turn it.' } : {})}
        onCross={(pixel, by) => {
          if (by === 'keys') step(pixel)
        }}
        onStroke={onStroke}
        onKey={onKey}
      />
      <div class="pad-foot">
        <p class="brush-words" aria-live="polite">
          {place.value === undefined ? turnWords(sight.turn.value) : padWords(restoring, place.value)}
        </p>
        {hasFarSide(sight) && <Turns sight={sight} />}
      </div>
    </div>
  )
}
