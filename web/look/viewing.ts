/** What the parts of a viewer share: one cross-hair, one zoom, one scale, one draw, one region. */

import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { MapName } from '../canvas/scale.ts'
import type { Draws, Look } from '../posterior/draws.ts'
import { axesOf } from '../posterior/places.ts'
import { drawsOf, type Quantity, quantitiesOf } from '../posterior/quantities.ts'
import { inSlices } from '../posterior/slices.ts'
import { emptySummary, type Summary, summarise } from '../posterior/summary.ts'
import { type Ends, endsOf } from './ends.ts'
import { mapFor } from './map-for.ts'
import { pixelsMarked, type Raster } from './rasters/raster.ts'
import { LEVEL, type RasterMaker, rasterMakerOf, type Turn } from './rasters/rasters.ts'
import type { PointerTool } from './region/pointer-tools.ts'

/** The state of a viewer. */
export interface Viewing {
  /** The draws as they were given, all channels. */
  readonly given: Signal<Draws>
  readonly quantities: ReadonlySignal<readonly Quantity[]>
  /** Index of the quantity that is looked at. */
  readonly quantity: Signal<number>
  /** The draws of that quantity: one channel. */
  readonly draws: ReadonlySignal<Draws>
  /** Undefined while it is computed. */
  readonly summary: ReadonlySignal<Summary | undefined>
  /** How the draws are looked at; the same object for draws of the same shape. */
  readonly look: ReadonlySignal<Look>
  /** How the places lie in pictures; undefined for series and points, and while it is loaded. */
  readonly raster: ReadonlySignal<Raster | undefined>
  /** Why there is none, where it could not be made. */
  readonly fault: ReadonlySignal<string | undefined>
  /** From where a surface is seen. */
  readonly turn: Signal<Turn>
  /** Ends of the colours of values: the same in all views. */
  readonly ends: Signal<Ends>
  readonly map: Signal<MapName>
  /** The draw that is shown. */
  readonly draw: Signal<number>
  readonly playing: Signal<boolean>
  readonly favourites: Signal<readonly number[]>
  /** The place under the cross-hair. */
  readonly place: Signal<number>
  /** How many times pictures are enlarged. */
  readonly times: Signal<number>
  readonly pointer: Signal<PointerTool>
  /** [P]: 1 inside; undefined while there is none. */
  readonly region: Signal<Uint8Array | undefined>
  /** The region on the pixels of the pictures. */
  readonly marked: ReadonlySignal<Uint8Array | undefined>
  /** Takes other draws; those of the same shape keep everything else. */
  readonly take: (draws: Draws) => void
  /** Stops what still runs. */
  readonly end: () => void
}

/** How much pictures are enlarged at most. */
export const MOST_TIMES = 16

/** Values up to which statistics are made at once; values in a slice of them, which takes a few milliseconds. */
const AT_ONCE = 2 ** 21
const SLICE = 2 ** 16

const shapeOf = ({ look, count, size }: Draws): string => {
  const { channels, places } = axesOf(look)
  return [look.kind, channels, places, count, size, look.kind === 'image' ? look.width : 0].join()
}

/** In the middle, where there usually is something. */
const middleOf = ({ look }: Draws): number => {
  const { places } = axesOf(look)
  return look.kind === 'image' ? (look.height >> 1) * look.width + (look.width >> 1) : places >> 1
}

const stillsOnly = (): boolean => globalThis.matchMedia?.('(prefers-reduced-motion: reduce)').matches ?? false

export const viewingOf = (first: Draws): Viewing => {
  const given = signal(first)
  const quantity = signal(0)
  const quantities = computed(() => quantitiesOf(given.value))
  const draws = computed(() => drawsOf(given.value, quantities.value[quantity.value]))
  const summary = signal<Summary>()
  const ends = signal(endsOf(draws.value))
  const look = signal(first.look)
  const fresh = {
    turn: signal<Turn>(LEVEL),
    map: signal(mapFor(first.look)),
    draw: signal(0),
    favourites: signal<readonly number[]>([]),
    place: signal(middleOf(first)),
    times: signal(1),
    region: signal<Uint8Array | undefined>(undefined),
  }
  const fault = signal<string | undefined>(undefined)
  const maker = signal<RasterMaker | undefined>(undefined)
  const stopMaker = effect(() => {
    const own = rasterMakerOf(look.value)
    maker.value = typeof own === 'function' ? own : undefined
    if (own instanceof Promise)
      own.then(
        (made) => {
          if (look.peek().kind === 'sphere' || look.peek().kind === 'mesh') maker.value = made
        },
        (error) => {
          fault.value = `The picture of the surface could not be loaded: ${error}`
        },
      )
  })
  const raster = computed(() => maker.value?.(fresh.turn.value))
  const stopSummary = effect(() => {
    const own = draws.value
    const made = emptySummary(own.size)
    if (own.values.length <= AT_ONCE) {
      summarise(own, made, 0, own.size)
      summary.value = made
      return undefined
    }
    summary.value = undefined
    const called = new AbortController()
    const block = Math.max(1, Math.floor(SLICE / own.count))
    inSlices(own.size, block, (from, to) => summarise(own, made, from, to), called.signal).then((done) => {
      if (done) summary.value = made
    })
    return () => called.abort()
  })
  let shape = shapeOf(first)
  let asked = 0
  const stopEnds = effect(() => {
    if (quantity.value === asked) return
    asked = quantity.value
    ends.value = endsOf(draws.peek())
  })
  const begin = (next: Draws): void => {
    shape = shapeOf(next)
    quantity.value = 0
    look.value = next.look
    fault.value = undefined
    fresh.turn.value = LEVEL
    fresh.map.value = mapFor(next.look)
    fresh.draw.value = 0
    fresh.favourites.value = []
    fresh.place.value = middleOf(next)
    fresh.times.value = 1
    fresh.region.value = undefined
    given.value = next
    ends.value = endsOf(draws.value)
  }
  const take = (next: Draws): void => {
    if (next === given.peek()) return
    if (shapeOf(next) === shape) given.value = next
    else batch(() => begin(next))
  }
  return {
    given,
    quantities,
    quantity,
    draws,
    summary,
    ends,
    look,
    raster,
    fault,
    ...fresh,
    marked: computed(() => {
      const [own, marks] = [raster.value, fresh.region.value]
      return own && marks ? pixelsMarked(own, marks) : undefined
    }),
    playing: signal(!stillsOnly() && first.count > 1),
    pointer: signal<PointerTool>('cross'),
    take,
    end: () => {
      stopMaker()
      stopSummary()
      stopEnds()
    },
  }
}
