/** What the pointer does on a picture. A new tool is a line here. */
import type { Pixel } from '../../canvas/image-canvas.tsx'
import { brushMarks, lassoMarks, rectangleMarks, type Size } from '../../canvas/marks.ts'

interface Tool {
  readonly title: string
  /** Marks of a path; absent for the cross-hair, which marks nothing. */
  readonly marks?: (size: Size, path: readonly Pixel[]) => Uint8Array
  /** Adds to the region that is there, instead of beginning another. */
  readonly adds?: true
  /** How it goes by keys. */
  readonly keys: string
}

/** Reach of the brush, a share of the longer side. */
const BRUSH = 1 / 24

export const pointerTools = {
  cross: { title: 'Cross-hair', keys: 'Arrow keys move the cross-hair, with Shift by ten.' },
  rectangle: {
    title: 'Rectangle',
    marks: (size, path) => rectangleMarks(size, path[0], path[path.length - 1]),
    keys: 'Drag; or move the cross-hair with the arrow keys, press Enter at one corner and again at the opposite one.',
  },
  lasso: {
    title: 'Lasso',
    marks: lassoMarks,
    keys: 'Drag around it; or press Enter at each corner and C to close.',
  },
  brush: {
    title: 'Brush',
    marks: (size, path) => brushMarks(size, path, Math.max(0.5, Math.max(...size) * BRUSH)),
    adds: true,
    keys: 'Paint; or press Enter where the cross-hair is. It adds to the region.',
  },
} as const satisfies Readonly<Record<string, Tool>>

export type PointerTool = keyof typeof pointerTools

export const pointerToolOf = (name: PointerTool): Tool => pointerTools[name]
