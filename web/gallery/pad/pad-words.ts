/** What is at a place of the pad, in words: the twin of its colours. */
import { placeWords } from '../../look/place-words.ts'
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
