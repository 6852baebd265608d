import { checkFinite, indexFrom, wrong } from '../formats/index.ts'
import type { DataRange, Parameters } from '../operators/index.ts'
import { type NdArray, type Shape, sizeOf } from '../tensor/index.ts'
import { checkMade, checkOperatorRows, checkOperatorShapes, type FieldOf } from './check-operator.ts'
import type { ObservedOperator, Shaped } from './operator.ts'
import { checkMesh, OWN_MESH, type OwnMesh } from './own/mesh.ts'
import type { View } from './view.ts'

/** An observation set, of arrays or of what stands for them. */
export interface ObservationFrame<A extends Shaped> {
  /** [N, ...]; finite everywhere, also where nothing was observed. */
  readonly y: A
  readonly operator: ObservedOperator<A>
  /** Standard deviation of the noise in units of y, > 0; the root of its mean square where entries differ. */
  readonly noise: number
  /**
   * Where entries differ: the standard deviation of each, [N, ...] like y, or [1, ...] for all observations
   * alike.
   */
  readonly std?: A
  /** Lowest and highest value of the data x, which are −2 and 2 to a prior. Default when read: [0, 1]. */
  readonly range: DataRange
  /** How the signals look, where it is known; see `plainView` for the others. */
  readonly view?: View
  /** Of a view on a mesh of its own: the points. */
  readonly mesh?: OwnMesh
  /**
   * The domain, of the last axes of x, such as [V] of points, [H, W] of images: 1 where an entry of x is one,
   * 0 for padding, land and background, where x is one known number (`outsideValue`): nothing is learned,
   * drawn or counted there. Default: all entries are inside.
   */
  readonly valid?: NdArray<'float32'>
}

/**
 * Noisy observations y = A x + noise · z of N latents, each through its own operator, in the units of the
 * data.
 */
export interface ObservationSet extends ObservationFrame<NdArray<'float32'>> {}

/** The same frame of other arrays. */
export const mapFrame = <A extends Shaped, B extends Shaped>(
  { y, operator, std, ...rest }: ObservationFrame<A>,
  map: (array: A) => B,
): ObservationFrame<B> => {
  const { parameters, truth, ...spec } = operator
  const each = (arrays: Parameters<A>): Parameters<B> =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, map(array)]))
  return {
    ...rest,
    y: map(y),
    operator: { ...spec, parameters: each(parameters), ...(truth ? { truth: each(truth) } : {}) },
    ...(std ? { std: map(std) } : {}),
  }
}

const NOISE = "field 'noise' must be a positive standard deviation in units of y"

const checkStdShape = (std: Shaped, y: Shape, where: string): void => {
  if ([1, y[0]].includes(std.shape[0]) && String(std.shape.slice(1)) === String(y.slice(1))) return
  const shapes = `of the shape of y, [${y}], or of one of its items`
  throw wrong(where, `field 'noise' must be one number, or ${shapes}, got [${std.shape}]`)
}

/**
 * @param from - row that the first one is
 * @throws TweedieError `input` for standard deviations that are not positive
 */
export const checkStd = (std: NdArray<'float32'>, where: string, from = 0): void => {
  const bad = std.data.findIndex((s) => !(Number.isFinite(s) && s > 0))
  if (bad >= 0)
    throw wrong(where, `${NOISE}, got ${std.data[bad]} at [${indexFrom(bad, std.shape, from).join(', ')}]`)
}

/** @throws TweedieError `input` for a mask that is not 0 or 1, or of another shape than the last axes of x */
export const checkValid = (valid: NdArray<'float32'>, event: Shape, where: string): void => {
  const fits = String(event.slice(-valid.shape.length)) === String(valid.shape)
  if (!fits)
    throw wrong(
      where,
      `field 'valid' must have the last axes of x, which is [${event}], got [${valid.shape}]`,
    )
  const bad = valid.data.findIndex((v) => v !== 0 && v !== 1)
  if (bad >= 0) throw wrong(where, `field 'valid' must be 0 or 1, got ${valid.data[bad]}`)
  if (!valid.data.includes(1)) throw wrong(where, "field 'valid' is 0 everywhere: there is nothing to learn")
}

const isViewOf = (view: View, event: Shape): boolean => {
  switch (view.kind) {
    case 'image':
      return event.length === 3
    case 'globe':
      return event.length === 2 && view.rows > 1 && view.rows * view.columns <= event[1]
    case 'mesh':
      return event.length === 2
    case 'signal':
      return true
  }
}

/**
 * Checks all that a set says without its rows: shapes that fit, a known operator, range, view and mesh.
 *
 * @param where - file, for messages
 * @param fieldOf - how messages name the operator's parameters, default `parameter.NAME` and `truth.NAME`
 * @throws TweedieError `input` as {@link checkObservations}
 */
export const checkFrame = (
  { y, operator, std, range, view, mesh, valid }: Omit<ObservationFrame<Shaped>, 'noise'>,
  where: string,
  fieldOf?: FieldOf,
): void => {
  const { shape } = y
  if (shape.length < 2 || sizeOf(shape) === 0) {
    throw wrong(where, `field 'y' must be [N, ...] with at least one value, got shape [${shape}]`)
  }
  if (std) checkStdShape(std, shape, where)
  const [low, high] = range
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw wrong(where, `field 'range' must be two numbers, low < high, got [${range}]`)
  }
  checkOperatorShapes(operator, shape, where, fieldOf)
  if (valid) checkValid(valid, operator.event, where)
  if (view && !isViewOf(view, operator.event))
    throw wrong(where, `field 'view': x of shape [${operator.event}] is no ${JSON.stringify(view)}`)
  const own = view?.kind === 'mesh' && view.mesh === OWN_MESH
  if (own !== (mesh !== undefined))
    throw wrong(where, `field 'mesh.points' and the view of a mesh '${OWN_MESH}' go together`)
  if (mesh) checkMesh(mesh, operator.event[1], where)
}

/**
 * Checks the rows of a set whose frame is sound.
 *
 * @param from - row of the set that the first one is, default 0
 * @throws TweedieError `input` as {@link checkObservations}
 */
export const checkRows = (
  { y, operator, noise, std }: ObservationSet,
  where: string,
  fieldOf?: FieldOf,
  from = 0,
): void => {
  checkFinite(y, 'y', "; write 0 there and mark what is missing with 0 in 'mask'", where, from)
  if (std) checkStd(std, where, std.shape[0] === y.shape[0] ? from : 0)
  if (!(Number.isFinite(noise) && noise > 0)) throw wrong(where, `${NOISE}, got ${noise}`)
  checkOperatorRows(operator, y.shape[0], where, fieldOf, from)
}

/**
 * Checks that an observation set is sound.
 *
 * @param where - file, for messages
 * @param fieldOf - how messages name the operator's parameters, default `parameter.NAME` and `truth.NAME`
 * @throws TweedieError `input`: no observations, NaN or infinity (also where the mask is 0), an operator that
 * is unknown or does not make such observations, shapes that do not fit, noise or range that make no sense
 */
export const checkObservations = (set: ObservationSet, where: string, fieldOf?: FieldOf): void => {
  checkFrame(set, where, fieldOf)
  checkRows(set, where, fieldOf)
  checkMade(set.operator, set.y.shape, where)
}

/** Root of the mean square of standard deviations. */
export const noiseLevel = (std: NdArray<'float32'>): number =>
  Math.sqrt(std.data.reduce((total, s) => total + s * s, 0) / std.size)
