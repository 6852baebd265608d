import type { ComponentType } from 'preact'
import type { Stroke } from '../region/stroke.ts'
import type { Viewing } from '../viewing.ts'

/** What a tool is given. */
export interface ToolProps {
  readonly viewing: Viewing
  readonly stroke: Stroke
}

/** A tool below the views. */
export interface Tool {
  readonly name: string
  readonly title: string
  /** Whether it makes sense of these draws. */
  readonly has: (viewing: Viewing) => boolean
  readonly Body: ComponentType<ToolProps>
}
