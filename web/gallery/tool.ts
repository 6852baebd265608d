/** The brush in the hand. */
import { type Signal, signal } from '@preact/signals'

export interface Tool {
  readonly action: Signal<'erase' | 'restore'>
  /** Diameter in pixels. */
  readonly size: Signal<number>
}

export const newTool = (): Tool => ({ action: signal<'erase' | 'restore'>('erase'), size: signal(4) })
