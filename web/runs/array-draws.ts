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

/** An array that belongs to draws. */
export interface Beside {
  readonly name: string
  /** Whether it has a row for each observation; else it is of them all. */
  readonly rows: boolean
}

/** Arrays with a row for each observation; of the shape of signals where it says so. */
const EACH = [/^truth$/, /^x$/, /^y$/, /^lower\d+$/, /^upper\d+$/] as const
const MASKS = ['mask', 'parameter.mask', 'valid']
/** Arrays of all observations. */
const ALL = ['calibration', 'range', 'view', 'mesh.points', 'mesh.faces']

/** Truth, observations, repaired intervals and geometry beside draws, by their names and shapes. */
export const besideOf = (
  fields: readonly ArrayField[],
  { field, observations, event, problems }: Layout,
): readonly Beside[] =>
  fields.flatMap(({ name, shape }): readonly Beside[] => {
    if (name === field) return []
    if (ALL.includes(name)) return [{ name, rows: false }]
    if (!problems) return []
    if (MASKS.includes(name)) return [{ name, rows: shape[0] === observations }]
    const fits = shape.join() === [observations, ...event].join()
    return fits && EACH.some((own) => own.test(name)) ? [{ name, rows: true }] : []
  })

/** What was observed, of a set of observations of as many signals of the same shape; else undefined. */
export const observationsOf = (
  fields: readonly ArrayField[],
  layout: Layout,
): readonly Beside[] | undefined => {
  const own = besideOf(fields, layout).filter(({ name }) => name === 'y' || MASKS.includes(name))
  return own.some(({ name }) => name === 'y') ? own : undefined
}
