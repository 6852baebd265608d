/** How a signal is seen: the picture that is painted on, those that follow it, and from where. */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Raster } from '../../look/rasters/raster.ts'
import { LEVEL, type RasterMaker, rasterMakerOf, type Turn } from '../../look/rasters/rasters.ts'
import type { Look } from '../../posterior/draws.ts'

export interface Sight {
  readonly look: Look
  /** From where a surface is seen. */
  readonly turn: Signal<Turn>
  /** How places lie in the picture that is painted on; undefined while it is loaded. */
  readonly pad: ReadonlySignal<Raster | undefined>
  /** The same of those that follow. */
  readonly following: ReadonlySignal<Raster | undefined>
  /** Why there is none, where it could not be made. */
  readonly fault: ReadonlySignal<string | undefined>
}

/** Whether there is more to see when it is turned. */
export const hasFarSide = ({ look }: Sight): boolean => look.kind === 'mesh'

/** Pixels along each side to those of the viewer. Each stroke paints one pad and some twenty that follow. */
const DETAIL = { pad: 1.25, following: 0.75 }

export const sightOf = (look: Look): Sight => {
  const turn = signal(LEVEL)
  const fault = signal<string>()
  const rasterOf = (detail: number): ReadonlySignal<Raster | undefined> => {
    const own = rasterMakerOf(look, detail)
    const maker = signal(typeof own === 'function' ? own : undefined)
    const made = (loaded: RasterMaker): void => {
      maker.value = loaded
    }
    if (own instanceof Promise)
      own.then(made, (cause) => {
        fault.value = `The picture of the surface could not be loaded: ${cause}`
      })
    return computed(() => maker.value?.(turn.value))
  }
  return { look, turn, pad: rasterOf(DETAIL.pad), following: rasterOf(DETAIL.following), fault }
}
