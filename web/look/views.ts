/** The views of a posterior, in the order in which they are shown. A new one is a line here. */
import type { ColourScale } from '../canvas/scale.ts'
import { drawOf } from '../posterior/draws.ts'
import { errorOf, sideOf, zScoreOf } from '../posterior/judged.ts'
import { percent, shownLevel } from '../posterior/repaired.ts'
import { largestMagnitude, meanOf } from '../posterior/signals.ts'
import type { Viewing } from './viewing.ts'

/** Values of a view. */
export interface Shown {
  /** [C, P]. */
  readonly values: Float32Array
  /** Three are colours. */
  readonly channels: number
}

/** A view. */
export interface View {
  readonly name: string
  readonly title: (viewing: Viewing) => string
  /** What its colours mean, said under it; undefined where they are those of values. */
  readonly words?: string
  /** Undefined while it is computed. */
  readonly of: (viewing: Viewing) => Shown | undefined
  /** Whether there is such a view. */
  readonly has: (viewing: Viewing) => boolean
  readonly scale: (viewing: Viewing, shown: Shown) => ColourScale
}

const always = (): boolean => true
const withTruth = ({ draws }: Viewing): boolean => draws.value.truth !== undefined
const several = ({ draws }: Viewing): boolean => draws.value.count > 1
const judged = (viewing: Viewing): boolean => withTruth(viewing) && several(viewing)

/** Signals are shown in colours, though numbers are of their brightness. */
export const inColours = ({ given, quantity }: Viewing): boolean => {
  const { look } = given.value
  return look.kind === 'image' && look.channels === 3 && quantity.value === 0
}

const one = (values: Float32Array | undefined): Shown | undefined => values && { values, channels: 1 }

/** A signal in colours where it has them. */
const signal = (
  viewing: Viewing,
  coloured: (given: Viewing['given']['value']) => Float32Array | undefined,
  plain: (draws: Viewing['given']['value']) => Float32Array | undefined,
): Shown | undefined => {
  if (!inColours(viewing)) return one(plain(viewing.draws.value))
  const values = coloured(viewing.given.value)
  return values && { values, channels: 3 }
}

const valueScale = ({ ends, map }: Viewing): ColourScale => ({ ...ends.value, map: map.value })

const spreadScale = (_: Viewing, { values }: Shown): ColourScale => ({
  low: 0,
  high: largestMagnitude(values) || 1,
  map: 'ember',
})

const signedScale = (_: Viewing, { values }: Shown): ColourScale => {
  const most = largestMagnitude(values) || 1
  return { low: -most, high: most, map: 'thermal' }
}

const quantile = (name: 'low' | 'median' | 'high', title: string): View => ({
  name,
  title: () => title,
  of: ({ summary }) => one(summary.value?.[name]),
  has: several,
  scale: valueScale,
})

/** One end of the interval that `tweedie calibrate` has stretched. */
const repairedEnd = (end: 'low' | 'high', title: string): View => ({
  name: `repaired-${end}`,
  title: ({ draws: { value } }) =>
    `Repaired ${value.repaired ? percent(shownLevel(value.repaired).level) : ''} interval, ${title}`,
  of: ({ draws }) => one(draws.value.repaired && shownLevel(draws.value.repaired)[end]),
  has: ({ draws }) => draws.value.repaired !== undefined,
  scale: valueScale,
})

const views: readonly View[] = [
  {
    name: 'observed',
    title: () => 'Observation',
    of: (viewing) =>
      signal(
        viewing,
        ({ observed }) => observed,
        ({ observed }) => observed,
      ),
    has: ({ draws }) => draws.value.observed !== undefined,
    scale: valueScale,
  },
  {
    name: 'mean',
    title: () => 'Mean',
    of: (viewing) => signal(viewing, meanOf, () => viewing.summary.value?.mean),
    has: always,
    scale: valueScale,
  },
  {
    name: 'draw',
    title: ({ draw }) => `Draw ${draw.value + 1}`,
    of: (viewing) => {
      const k = viewing.draw.value
      return signal(
        viewing,
        (draws) => drawOf(draws, k),
        (draws) => drawOf(draws, k),
      )
    },
    has: always,
    scale: valueScale,
  },
  {
    name: 'truth',
    title: () => 'Truth',
    of: (viewing) =>
      signal(
        viewing,
        ({ truth }) => truth,
        ({ truth }) => truth,
      ),
    has: withTruth,
    scale: valueScale,
  },
  {
    name: 'deviation',
    title: () => 'Standard deviation',
    of: ({ summary }) => one(summary.value?.deviation),
    has: several,
    scale: spreadScale,
  },
  quantile('low', '5 % quantile'),
  quantile('median', 'Median'),
  quantile('high', '95 % quantile'),
  repairedEnd('low', 'low end'),
  repairedEnd('high', 'high end'),
  {
    name: 'error',
    title: () => 'Error of the mean',
    words: 'mean − truth',
    of: ({ summary, draws }) =>
      one(summary.value && draws.value.truth && errorOf(summary.value, draws.value.truth)),
    has: withTruth,
    scale: signedScale,
  },
  {
    name: 'z-score',
    title: () => 'z-score',
    words: '(truth − mean) / standard deviation',
    of: ({ summary, draws }) =>
      one(summary.value && draws.value.truth && zScoreOf(summary.value, draws.value.truth)),
    has: judged,
    scale: () => ({ low: -3, high: 3, map: 'thermal' }),
  },
  {
    name: 'coverage',
    title: () => 'Outside 90 % interval',
    words: 'blue: the truth is below it, red: above',
    of: ({ summary, draws }) =>
      one(summary.value && draws.value.truth && sideOf(summary.value, draws.value.truth)),
    has: judged,
    scale: () => ({ low: -1, high: 1, map: 'thermal' }),
  },
]

/** The views that there are. */
export const viewsOf = (viewing: Viewing): readonly View[] => views.filter(({ has }) => has(viewing))
