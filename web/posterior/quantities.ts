/**
 * What is looked at of signals of several channels: one number at each place. All statistics are of this
 * number: the magnitude of the mean is not the mean of the magnitudes.
 */
import type { Draws } from './draws.ts'
import { axesOf, oneChannel } from './places.ts'
import type { Repaired } from './repaired.ts'

/** One number at each place. */
export interface Quantity {
  readonly name: string
  /** Of the channels' values at a place. */
  readonly of: (channels: readonly number[]) => number
  /** Its lowest and highest value, from those of the data. */
  readonly range?: (data: readonly [number, number]) => readonly [number, number]
  /** Which channel it is, where it is one: of others the ends of an interval say nothing. */
  readonly channel?: number
}

const same = (range: readonly [number, number]): readonly [number, number] => range

const channel = (name: string, c: number): Quantity => ({
  name,
  of: (values) => values[c],
  range: same,
  channel: c,
})

/** The quantities of a signal; the first is shown first. */
export const quantitiesOf = ({ look }: Draws): readonly Quantity[] => {
  const { channels } = axesOf(look)
  if (channels === 1) return [channel('value', 0)]
  if (look.kind === 'image' && channels === 3)
    return [
      { name: 'brightness', of: ([r, g, b]) => (r + g + b) / 3, range: same },
      ...['red', 'green', 'blue'].map(channel),
    ]
  if (look.kind === 'image' && channels === 2)
    return [
      { name: 'magnitude', of: ([re, im]) => Math.hypot(re, im) },
      { name: 'phase', of: ([re, im]) => Math.atan2(im, re), range: () => [-Math.PI, Math.PI] },
      ...['real part', 'imaginary part'].map(channel),
    ]
  return Array.from({ length: channels }, (_, c) => channel(`channel ${c + 1}`, c))
}

/** Signals [n, C, P] as their quantities [n, P]. */
const quantified = (
  values: Float32Array,
  { of }: Quantity,
  channels: number,
  places: number,
): Float32Array => {
  const count = values.length / (channels * places)
  const out = new Float32Array(count * places)
  const each = new Array<number>(channels)
  for (let n = 0; n < count; n++)
    for (let p = 0; p < places; p++) {
      for (let c = 0; c < channels; c++) each[c] = values[(n * channels + c) * places + p]
      out[n * places + p] = of(each)
    }
  return out
}

/** The intervals of one channel. */
const channelOf = ({ levels, words }: Repaired, channel: number, places: number): Repaired => {
  const of = (signal: Float32Array) => signal.subarray(channel * places, (channel + 1) * places)
  return { levels: levels.map(({ level, low, high }) => ({ level, low: of(low), high: of(high) })), words }
}

/** The draws of a quantity: of one channel. What has one channel already is not copied. */
export const drawsOf = (draws: Draws, quantity: Quantity): Draws => {
  const { channels, places } = axesOf(draws.look)
  if (channels === 1) return draws
  const { name, count, values, range, truth, observed, domain, known, lost, repaired } = draws
  const of = (signal: Float32Array) => quantified(signal, quantity, channels, places)
  return {
    name,
    look: oneChannel(draws.look),
    count,
    size: places,
    values: of(values),
    ...(known === undefined ? {} : { known }),
    ...(lost ? { lost } : {}),
    ...(repaired && quantity.channel !== undefined
      ? { repaired: channelOf(repaired, quantity.channel, places) }
      : {}),
    ...(range && quantity.range ? { range: quantity.range(range) } : {}),
    ...(truth ? { truth: of(truth) } : {}),
    ...(observed ? { observed: of(observed) } : {}),
    ...(domain ? { domain: domain.subarray(0, places) } : {}),
  }
}
