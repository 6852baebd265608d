/** What an observation set or a file of draws is of, in words. */
import { TweedieError } from '../error.ts'
import type { Arrays } from '../formats/index.ts'
import {
  keptEntries,
  type ObservationSet,
  observationsOf,
  plainView,
  type View,
} from '../observations/index.ts'
import type { Shape } from '../tensor/index.ts'

/** Facts by name. */
export type DataFacts = Readonly<Record<string, string>>

const viewWords = (view: View, event: Shape): string => {
  switch (view.kind) {
    case 'image':
      return 'images'
    case 'globe':
      return `fields on the sphere, ${view.rows} × ${view.columns}`
    case 'mesh':
      return `values on the mesh '${view.mesh}'`
    case 'signal':
      return event.length === 1 ? 'vectors' : 'series'
  }
}

const signals = (count: number, event: Shape, view: View | undefined): string =>
  `${count} of [${event.join(', ')}]: ${viewWords(view ?? plainView(event), event)}`

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const factsOf = (set: ObservationSet): DataFacts => {
  const { y, operator, noise, std, range, view, valid } = set
  const kept = keptEntries(set)
  const share = (values: ArrayLike<number>) =>
    percent(Array.from(values).filter((v) => v !== 0).length / values.length)
  return {
    signals: signals(y.shape[0], operator.event, view),
    'observed by': `${operator.name}${kept ? `, ${share(kept.data)} of the entries seen` : ''}`,
    'noise level': `${Number(noise.toPrecision(3))}${std ? ' on average, its own for each entry' : ''}`,
    'data from': `${range[0]} to ${range[1]}`,
    ...(valid ? { domain: `${share(valid.data)} of the entries` } : {}),
  }
}

/** What a set observes; of one that is not sound, why. */
export const describeSet = (arrays: Arrays, path: string): DataFacts => {
  try {
    return factsOf(observationsOf(arrays, path))
  } catch (error) {
    if (error instanceof TweedieError) return { unsound: error.message }
    throw error
  }
}

/** What draws are of; nothing for other arrays. */
export const describeDraws = ({ draws }: Arrays): DataFacts => {
  if (!draws || draws.shape.length < 3) return {}
  const [count, items, ...event] = draws.shape
  return { draws: `${count} of each of ${items} signals [${event.join(', ')}]` }
}
