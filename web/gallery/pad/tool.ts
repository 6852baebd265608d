/** The tool in the hand. */
import { type Signal, signal } from '@preact/signals'
import type { Brush } from './brushes.ts'

/** Degrees by which a key or a button turns. */
export const TURN_STEP = 15

export interface Tool {
  /** What the pointer and the keys do: the brush, or turning what is seen. */
  readonly action: Signal<'erase' | 'restore' | 'turn'>
  readonly brush: Brush
  /** Diameter, in the brush's units. */
  readonly size: Signal<number>
}

export const newTool = (brush: Brush): Tool => ({
  action: signal<'erase' | 'restore' | 'turn'>('erase'),
  brush,
  size: signal(brush.sizes.first),
})
