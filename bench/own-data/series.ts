/** Long series with gaps, cut into windows. */
import type { DataRange } from '../../src/operators/index.ts'
import { integers, normal, stream, uniform } from '../../src/random/index.ts'
import type { Shape } from '../../src/tensor/index.ts'
import { masked } from './masked.ts'
import { type Cut, type Item, shuffled, stacked } from './own-set.ts'

/** Gaps of a series. */
interface Gaps {
  /** Runs that are missing in all channels: least and greatest length, and the share of the series. */
  readonly runs: { readonly least: number; readonly most: number; readonly share: number }
  /** Share of the single entries that are missing beside these. */
  readonly singles: number
}

/** Where a series of so many channels was seen: 1, else 0; [channels][length]. */
const gappy = (
  { channels, length }: { readonly channels: number; readonly length: number },
  { runs, singles }: Gaps,
  name: string,
): Float32Array[] => {
  const seen = new Float32Array(length).fill(1)
  const wanted = runs.share * length
  for (let k = 0, missing = 0; missing < wanted; k++) {
    const [long] = integers(stream(0, `${name} lengths`), runs.least, runs.most + 1, [1], { draw: k }).data
    const [from] = integers(stream(0, `${name} places`), 0, length - long + 1, [1], { draw: k }).data
    seen.fill(0, from, from + long)
    missing = seen.reduce((sum, v) => sum + 1 - v, 0)
  }
  return Array.from({ length: channels }, (_, c) => {
    const u = uniform(stream(0, `${name} singles`), [length], { observation: c }).data
    return seen.map((v, i) => (u[i] < singles ? 0 : v))
  })
}

/** How a series becomes observations. */
export interface Recording {
  readonly name: string
  /** Length of a window, and from one window to the next. */
  readonly size: number
  readonly stride: number
  readonly gaps: Gaps
  /** Standard deviation, in the units of the data. */
  readonly noise: number
}

/** A window, channel after channel: the truth, what was measured, and where it was seen. */
export interface Window extends Item {
  readonly measured: Float32Array
  readonly seen: Float32Array
  readonly from: number
}

/**
 * Windows of a series [channels][length]. Windows that overlap show the same readings: noise and gaps are
 * those of the series.
 */
export const windowsOf = (series: readonly Float32Array[], recording: Recording): Window[] => {
  const { name, size, stride, gaps, noise } = recording
  const [{ length }] = series
  const seen = gappy({ channels: series.length, length }, gaps, name)
  const measured = series.map((channel, observation) => {
    const z = normal(stream(0, `${name} noise`), [length], { observation }).data
    return channel.map((v, i) => v + noise * z[i])
  })
  const piece = (channels: readonly Float32Array[], from: number) =>
    Float32Array.from(channels.flatMap((channel) => Array.from(channel.subarray(from, from + size))))
  return Array.from({ length: Math.floor((length - size) / stride) + 1 }, (_, i) => {
    const from = i * stride
    return {
      values: piece(series, from),
      measured: piece(measured, from),
      seen: piece(seen, from),
      from,
      part: `${name} ${from}`,
    }
  })
}

/** The set of windows, of which those that are judged are learned from too. */
export const windowSet = (
  windows: readonly Window[],
  judged: readonly Window[],
  { event, noise, range }: { readonly event: Shape; readonly noise: number; readonly range: DataRange },
): Cut => {
  const others = windows.filter((window) => !judged.includes(window))
  const all = [...shuffled(others, 'windows'), ...judged]
  const arrayOf = (key: 'measured' | 'seen') =>
    stacked(
      all.map(({ part, [key]: values }) => ({ values, part })),
      event,
    )
  return {
    set: masked(arrayOf('measured'), { mask: arrayOf('seen'), noise, range }),
    learned: all.length,
    truth: stacked(judged, event),
    parts: judged.map(({ part }) => part),
  }
}
