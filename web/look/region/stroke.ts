/** A region as it is drawn, by pointer or by keys. */
import type { Pixel } from '../../canvas/pixel.ts'
import { placesMarked } from '../rasters/raster.ts'
import type { Turn } from '../rasters/rasters.ts'
import { draggedTurn } from '../rasters/turned.ts'
import { MOST_TIMES, type Viewing } from '../viewing.ts'
import { pointerToolOf } from './pointer-tools.ts'

/** What pictures hand on. */
export interface Stroke {
  readonly onStroke: (pixel: Pixel, phase: 'start' | 'move' | 'end') => void
  readonly onKey: (key: string) => boolean
}

const either = (a: Uint8Array, b: Uint8Array | undefined): Uint8Array =>
  b ? a.map((mark, i) => mark | b[i]) : a

/** Strokes of a viewing; paths are begun anew with every tool. */
export const strokeOf = (viewing: Viewing): Stroke => {
  let path: Pixel[] = []
  let before: Uint8Array | undefined
  let held: { readonly pixel: Pixel; readonly turn: Turn } | undefined
  const turnTo = (pixel: Pixel): void => {
    const raster = viewing.raster.peek()
    if (!raster || !held) return
    viewing.turn.value = draggedTurn(held.turn, held.pixel, pixel, raster.width)
  }
  const show = (): void => {
    const raster = viewing.raster.peek()
    const { marks } = pointerToolOf(viewing.pointer.peek())
    if (!raster || !marks || path.length === 0) return
    const { size } = viewing.draws.peek()
    const own = placesMarked(raster, marks([raster.height, raster.width], path), size)
    const region = either(own, before)
    viewing.region.value = region.includes(1) ? region : undefined
  }
  const begin = (pixel: Pixel): void => {
    before = pointerToolOf(viewing.pointer.peek()).adds ? viewing.region.peek() : undefined
    path = [pixel]
  }
  return {
    onStroke: (pixel, phase) => {
      const { marks, turns } = pointerToolOf(viewing.pointer.peek())
      if (turns) {
        if (phase === 'start') held = { pixel, turn: viewing.turn.peek() }
        turnTo(pixel)
      }
      if (!marks) return
      if (phase === 'start') begin(pixel)
      else path.push(pixel)
      show()
      if (phase === 'end') path = []
    },
    onKey: (key) => {
      const enlarged = { '+': 2, '=': 2, '-': 0.5 }[key]
      if (enlarged !== undefined) {
        viewing.times.value = Math.min(MOST_TIMES, Math.max(1, enlarged * viewing.times.peek()))
        return true
      }
      const name = viewing.pointer.peek()
      const at = viewing.raster.peek()?.pixelOf(viewing.place.peek())
      if (!pointerToolOf(name).marks || !at) return false
      if (key === 'Escape') {
        path = []
        return true
      }
      if (key === 'Enter') {
        if (path.length === 0 || name === 'brush') begin(at)
        else path.push(at)
        show()
        if (name === 'rectangle' && path.length === 2) path = []
        return true
      }
      if (name === 'lasso' && key.toLowerCase() === 'c') {
        path = []
        return true
      }
      return false
    },
  }
}
