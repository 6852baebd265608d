/** What the pad shows, in words: the twin of its colours. */
import { placeWords } from '../../look/place-words.ts'
import type { Turn } from '../../look/rasters/rasters.ts'
import { shown } from '../../ui/number.ts'
import { placesIn } from '../domain.ts'
import type { Restoring } from '../restoring.ts'

const COLOURS = ['red', 'green', 'blue']

/** The channels' values at a place: one number, or three with their colours. */
const valuesAt = (values: Float32Array, place: number, places: number): string => {
  const each = Array.from({ length: values.length / places }, (_, c) => shown(values[c * places + place], 2))
  return each.length === 3 ? each.map((value, c) => `${COLOURS[c]} ${value}`).join(', ') : each.join(', ')
}

export const padWords = ({ domain, mask, observed, summary, spread, draws }: Restoring, place: number) => {
  const places = placesIn(domain)
  const at = (values: Float32Array): string => valuesAt(values, place, places)
  const where = placeWords(draws.value.look, place)
  const seen = mask.value[place] > 0.5 ? `seen as ${at(observed.value.y)}` : 'erased'
  const drawn = `draws ${at(summary.value.mean)} ± ${shown(spread.value[place], 2)}`
  return `${where[0].toUpperCase()}${where.slice(1)}: ${seen}; ${drawn}`
}

/** From where a surface is seen, in words; nothing of that which it has at first. */
export const turnWords = ({ azimuth, elevation }: Turn): string => {
  const sides = [
    azimuth === 0 ? '' : `${Math.abs(azimuth)}° from the ${azimuth > 0 ? 'right' : 'left'}`,
    elevation === 0 ? '' : `${Math.abs(elevation)}° from ${elevation > 0 ? 'above' : 'below'}`,
  ].filter((side) => side !== '')
  return sides.length === 0 ? '' : `Seen ${sides.join(', ')}`
}
