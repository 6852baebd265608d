/** A picture of values with a cross-hair, by mouse, touch and arrow keys. */
import type { ComponentChildren, TargetedKeyboardEvent, TargetedPointerEvent } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import './canvas.css'
import { outlineOf } from './outline.ts'
import { paint } from './paint.ts'
import type { Picture } from './picture.ts'
import type { Pixel } from './pixel.ts'

export type { Pixel }

/** What part of a picture is seen: `times` enlarged around a pixel. */
interface Zoom {
  readonly times: number
  readonly row: number
  readonly column: number
}

/** What {@link ImageCanvas} shows. */
export interface ImageCanvasProps extends Picture {
  /** Its name, for those who do not see it. */
  readonly label: string
  readonly cross?: Pixel
  readonly zoom?: Zoom
  readonly onCross?: (pixel: Pixel, by: 'pointer' | 'keys') => void
  /** [H, W]: pixels that are marked 1, of 0 and 1, are outlined. */
  readonly region?: Uint8Array
  /** Lines under the cross-hair, the path of an SVG in pixels. */
  readonly lines?: string
  /** A press, a drag, a release of the pointer, before the cross-hair moves. */
  readonly onStroke?: (pixel: Pixel, phase: 'start' | 'move' | 'end') => void
  /** Keys that are not the arrows; true when it was used. */
  readonly onKey?: (key: string) => boolean
  /** What the arrow keys do, said with its name where it has a cross-hair; default that they move it. */
  readonly arrows?: string
  /** Pixels with sharp edges (default), or smooth. */
  readonly smooth?: boolean
  /** Laid over the picture. */
  readonly children?: ComponentChildren
}

const ARROWS: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

const within = (value: number, size: number): number => Math.min(size - 1, Math.max(0, value))

/** Share of the picture that stands left of (above) what is seen. */
const startOf = (centre: number, size: number, times: number): number =>
  Math.min(1 - 1 / times, Math.max(0, (centre + 0.5) / size - 0.5 / times))

/**
 * A picture of values on the one shared WebGL2 canvas, copied; without WebGL2 by plain code.
 *
 * @example
 * ```tsx
 * const scale = { low: 0, high: 1, map: 'grey' }
 * <ImageCanvas values={mean} channels={1} height={28} width={28} label="Mean" scale={scale} />
 * ```
 */
export const ImageCanvas = (props: ImageCanvasProps) => {
  const { values, channels, height, width, scale, light, label, cross, zoom } = props
  const { region, lines, smooth, children, arrows = 'Arrow keys move the cross-hair.' } = props
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    if (canvas.current)
      paint(canvas.current, { values, channels, height, width, scale, ...(light ? { light } : {}) })
  }, [values, channels, height, width, scale.low, scale.high, scale.map, scale.threshold, light])
  const outline = region && outlineOf(region, height, width)
  const times = zoom?.times ?? 1
  const [left, top] = zoom ? [startOf(zoom.column, width, times), startOf(zoom.row, height, times)] : [0, 0]
  const pixelAt = (event: TargetedPointerEvent<HTMLDivElement>): Pixel => {
    const box = event.currentTarget.getBoundingClientRect()
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
    return {
      row: within(Math.floor((top + y / times) * height), height),
      column: within(Math.floor((left + x / times) * width), width),
    }
  }
  const pointed = (phase: 'start' | 'move' | 'end') => (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (phase === 'start') {
      event.currentTarget.setPointerCapture(event.pointerId)
      event.currentTarget.focus({ preventScroll: true })
    } else if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
    const pixel = pixelAt(event)
    props.onStroke?.(pixel, phase)
    if (phase !== 'end') props.onCross?.(pixel, 'pointer')
  }
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const { key, shiftKey, ctrlKey, altKey, metaKey } = event
    if (ctrlKey || altKey || metaKey) return
    const step = ARROWS[key]
    if (step && props.onCross) {
      const far = shiftKey ? 10 : 1
      const from = cross ?? { row: height >> 1, column: width >> 1 }
      event.preventDefault()
      const to = {
        row: within(from.row + far * step[0], height),
        column: within(from.column + far * step[1], width),
      }
      props.onCross(to, 'keys')
    } else if (props.onKey?.(key)) event.preventDefault()
  }
  const percent = (share: number, start: number) => `${100 * (share - start) * times}%`
  return (
    <div
      class="picture"
      role={props.onCross ? 'application' : 'img'}
      aria-label={props.onCross ? `${label}. ${arrows}` : label}
      tabIndex={props.onCross ? 0 : undefined}
      style={{ aspectRatio: `${width} / ${height}` }}
      onPointerDown={props.onCross || props.onStroke ? pointed('start') : undefined}
      onPointerMove={props.onCross || props.onStroke ? pointed('move') : undefined}
      onPointerUp={props.onCross || props.onStroke ? pointed('end') : undefined}
      onPointerCancel={props.onCross || props.onStroke ? pointed('end') : undefined}
      onKeyDown={onKeyDown}
    >
      <canvas
        ref={canvas}
        class={smooth ? 'smooth' : undefined}
        style={{ transform: `scale(${times}) translate(${-100 * left}%, ${-100 * top}%)` }}
      />
      {(region || lines) && (
        <svg
          class="picture-region"
          viewBox={`${left * width} ${top * height} ${width / times} ${height / times}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {lines && <path class="lines" d={lines} vector-effect="non-scaling-stroke" />}
          {outline && <path class="edge" d={outline} vector-effect="non-scaling-stroke" />}
          {outline && <path class="region" d={outline} vector-effect="non-scaling-stroke" />}
        </svg>
      )}
      {cross && (
        <>
          <i class="cross-row" style={{ top: percent((cross.row + 0.5) / height, top) }} />
          <i class="cross-column" style={{ left: percent((cross.column + 0.5) / width, left) }} />
        </>
      )}
      {children}
    </div>
  )
}
