/** Where the entries of a signal lie. */
import { meshPoints } from '../datasets/index.ts'
import { TweedieError } from '../error.ts'
import { type ObservationSet, type Observations, plainView, pointsOf } from '../observations/index.ts'
import type { Shape } from '../tensor/index.ts'

/** A point; grids count in steps, the globe is the unit sphere, a mesh has its own unit. */
export type Point = readonly number[]

/**
 * Whether the entries of a set's signals lie on a grid, [C, V] or [C, H, W], all of which is inside the
 * domain.
 */
export const isFlatGrid = ({
  operator: { event },
  view,
  valid,
}: Pick<Observations, 'operator' | 'view' | 'valid'>): boolean => {
  const { kind } = view ?? plainView(event)
  return (kind === 'image' || kind === 'signal') && event.length > 1 && !valid
}

/** The points that the channels of an event share. */
export interface Places {
  readonly channels: number
  /** One for each entry of a channel. */
  readonly points: readonly Point[]
  /** [H, W] of images, [V] of signals and vectors; undefined for the globe and meshes. */
  readonly grid?: Shape
}

/** Row-major. */
const gridPoints = (grid: Shape): Point[] =>
  grid.reduce<Point[]>((points, size) => points.flatMap((p) => places(size).map((i) => [...p, i])), [[]])

const places = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** Rows from pole to pole, columns eastward. */
const globePoints = (rows: number, columns: number): Point[] =>
  places(rows).flatMap((row) =>
    places(columns).map((column) => {
      const latitude = Math.PI * (0.5 - row / (rows - 1))
      const longitude = (2 * Math.PI * column) / columns
      const ring = Math.cos(latitude)
      return [ring * Math.cos(longitude), ring * Math.sin(longitude), Math.sin(latitude)]
    }),
  )

/** Entries after the last point are padding, which nobody looks at: they lie in the middle. */
const padded = (points: readonly Point[], length: number): readonly Point[] => [
  ...points,
  ...Array.from({ length: length - points.length }, () => points[0].map(() => 0)),
]

/** What says where the entries of signals lie. */
type Signals = Pick<ObservationSet, 'view' | 'mesh'> & {
  readonly operator: Partial<ObservationSet['operator']> & { readonly event: Shape }
}

/**
 * The places of the entries of a set's signals.
 *
 * @throws TweedieError `input` for events of more than three axes
 *
 * @example
 * ```ts
 * const { points } = placesOf(readObservations('observations.npz'))
 * ```
 */
export const placesOf = ({ operator, view, mesh }: Signals): Places => {
  const { event } = operator
  const look = view ?? plainView(event)
  if (event.length < 1 || event.length > 3)
    throw new TweedieError('input', `baselines know vectors, signals and images, the data are [${event}]`)
  const [channels, grid] = event.length === 1 ? [1, event] : [event[0], event.slice(1)]
  if (look.kind === 'globe')
    return { channels, points: padded(globePoints(look.rows, look.columns), grid[0]) }
  if (look.kind === 'mesh')
    return { channels, points: padded(mesh ? pointsOf(mesh) : meshPoints(look.mesh), grid[0]) }
  return { channels, points: gridPoints(grid), grid }
}

/** (a − b)². */
export const squaredDistance = (a: Point, b: Point): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2
  return sum
}
