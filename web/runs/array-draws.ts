/** Which arrays of a file are draws, and what belongs to them. */

/** An array of a file, as the server describes it. */
export interface ArrayField {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
}

/** How draws lie in an array. */
export interface Layout {
  readonly field: string
  /** Draws K, observations N, and the axes of a signal. */
  readonly count: number
  readonly observations: number
  readonly event: readonly number[]
  /** Whether the second axis is that of observations. */
  readonly problems: boolean
}

/** Names of arrays [K, N, ...event]; others are [K, ...event], samples of one law. */
const DRAWS = ['draws', 'samples', 'posterior_samples', 'theta']

/** Values that a page takes at once, as float32: what the server sends in one answer. */
const MOST = 2 ** 24

/** How the draws of an array lie; undefined for one that cannot be drawn. */
export const layoutOf = ({ name, shape }: ArrayField): Layout | undefined => {
  const [count, second, ...rest] = shape
  if (shape.length < 2 || shape.includes(0)) return undefined
  const problems = DRAWS.includes(name) && rest.length > 0
  const event = problems ? rest : shape.slice(1)
  const size = event.reduce((a, b) => a * b, 1)
  const all = problems ? count : Math.min(count, Math.floor(MOST / size), 256)
  return { field: name, count: all, observations: problems ? second : 1, event, problems }
}

/** The array to begin with: that of draws, else the first that can be drawn. */
export const firstLayout = (fields: readonly ArrayField[]): Layout | undefined => {
  const layouts = fields.flatMap((field) => layoutOf(field) ?? [])
  return layouts.find(({ problems }) => problems) ?? layouts[0]
}

/** The truths [N, ...event] beside draws [K, N, ...event], by their name and shape. */
export const truthBeside = (fields: readonly ArrayField[], { observations, event, problems }: Layout) =>
  problems
    ? fields.find(
        ({ name, shape }) =>
          (name === 'truth' || name === 'x') && shape.join() === [observations, ...event].join(),
      )?.name
    : undefined
