/** The observation, painted on: by mouse or touch, or by the arrow keys and the space bar. */

import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { ImageCanvas, type Pixel } from '../canvas/image-canvas.tsx'
import { shown } from '../ui/number.ts'
import { stroke } from './brush.ts'
import type { Restoring } from './restoring.ts'
import type { Tool } from './tool.ts'

const centre = ({ row, column }: Pixel) => ({ row: row + 0.5, column: column + 0.5 })

export const BrushPad = ({ restoring, tool }: { readonly restoring: Restoring; readonly tool: Tool }) => {
  const { shape, mask, draws, summary } = restoring
  const last = useRef<Pixel | undefined>(undefined)
  /** Where the arrow keys are. */
  const cross = useSignal<Pixel | undefined>(undefined)
  const paint = (from: Pixel, to: Pixel): void => {
    mask.value = stroke(mask.value, shape, {
      from: centre(from),
      to: centre(to),
      radius: tool.size.value / 2,
      seen: tool.action.value === 'restore',
    })
  }
  const onStroke = (pixel: Pixel, phase: 'start' | 'move' | 'end') => {
    restoring.painting.value = phase !== 'end'
    if (phase !== 'end') {
      paint(last.current ?? pixel, pixel)
      cross.value = undefined
    }
    last.current = phase === 'end' ? undefined : pixel
  }
  const onKey = (key: string): boolean => {
    if (key !== ' ' && key !== 'Enter') return false
    const at = cross.value ?? { row: shape.height >> 1, column: shape.width >> 1 }
    cross.value = at
    paint(at, at)
    return true
  }
  const words = (): string => {
    if (!cross.value) return ''
    const { row, column } = cross.value
    const place = row * shape.width + column
    const { mean, deviation } = summary.value
    const seen = mask.value[place] > 0.5 ? `seen as ${shown(restoring.observed.value.y[place], 2)}` : 'erased'
    const drawn = `${shown(mean[place], 2)} ± ${shown(deviation[place], 2)}`
    return `Row ${row + 1}, column ${column + 1}: ${seen}; draws ${drawn}`
  }
  const { y } = restoring.observed.value
  const values = y.map((value, i) => (mask.value[i % mask.value.length] > 0.5 ? value : Number.NaN))
  const [low, high] = draws.value.range ?? [0, 1]
  return (
    <div class="brush-pad">
      <ImageCanvas
        values={values}
        {...shape}
        scale={{ low, high, map: 'grey' }}
        label={`Observation. Space or Enter: ${tool.action.value === 'erase' ? 'erase' : 'restore'} here`}
        {...(cross.value ? { cross: cross.value } : {})}
        onCross={(pixel) => {
          if (!last.current) cross.value = pixel
        }}
        onStroke={onStroke}
        onKey={onKey}
      />
      <p class="brush-words" aria-live="polite">
        {words()}
      </p>
    </div>
  )
}
