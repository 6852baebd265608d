/**
 * Images made larger or smaller. Along each axis an entry of the result is a weighted sum of a few of x, by
 * the coordinates and weights of the operator's specification; repeating pixels by whole factors, the usual
 * case, is the op that has a fast form.
 */
import { ndarray } from '../../ndarray.ts'
import { matmul, take, transpose, upsample } from '../../ops/index.ts'
import { constant, type Tensor } from '../../tensor.ts'
import type { Rules, Site } from '../site.ts'

/** One axis: sizes before and after, and their ratio as the file says it. */
interface Axis {
  readonly from: number
  readonly to: number
  readonly scale: number
}

/** Where entry i of the result lies in x, by the name of the transformation. */
const places: Readonly<Record<string, (i: number, axis: Axis) => number>> = {
  half_pixel: (i, { scale }) => (i + 0.5) / scale - 0.5,
  pytorch_half_pixel: (i, { scale, to }) => (to > 1 ? (i + 0.5) / scale - 0.5 : 0),
  align_corners: (i, { from, to }) => (to > 1 ? (i * (from - 1)) / (to - 1) : 0),
  asymmetric: (i, { scale }) => i / scale,
}

const roundings: Readonly<Record<string, (v: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (v) => Math.ceil(v - 0.5),
  round_prefer_ceil: (v) => Math.floor(v + 0.5),
}

/** Weights of the four cells around a place t in [0, 1) between the middle two (Keys 1981). */
const cubic = (t: number, a: number): readonly number[] => {
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
  return [far(1 + t), near(t), near(1 - t), far(2 - t)]
}

type Taps = readonly (readonly [index: number, weight: number])[]

/** What entry i of an axis is made of. */
type Sampling = (i: number, axis: Axis) => Taps

const bound = (v: number, { from }: Axis): number => Math.max(0, Math.min(from - 1, v))

const samplingOf = (site: Site): Sampling => {
  const older = site.opset < 11
  const transformation = older ? 'asymmetric' : site.text('coordinate_transformation_mode', 'half_pixel')
  if (!Object.hasOwn(places, transformation)) site.refuse(`coordinates '${transformation}' are not read`)
  const place = places[transformation]
  const mode = site.text('mode', 'nearest')
  if (mode === 'nearest') {
    const name = older ? 'floor' : site.text('nearest_mode', 'round_prefer_floor')
    if (!Object.hasOwn(roundings, name)) site.refuse(`nearest_mode '${name}' is not read`)
    return (i, axis) => [[bound(roundings[name](place(i, axis)), axis), 1]]
  }
  if (mode === 'linear')
    return (i, axis) => {
      const at = bound(place(i, axis), axis)
      const low = Math.floor(at)
      return [
        [low, 1 - (at - low)],
        [bound(low + 1, axis), at - low],
      ]
    }
  if (mode === 'cubic' && site.int('exclude_outside', 0) === 0) {
    const a = site.float('cubic_coeff_a', -0.75)
    return (i, axis) => {
      const at = place(i, axis)
      const low = Math.floor(at)
      return cubic(at - low, a).map((weight, k) => [bound(low - 1 + k, axis), weight] as const)
    }
  }
  return site.refuse(`mode '${mode}' is not read`)
}

/** x with one axis sampled anew. */
const sampled = (x: Tensor, at: number, axis: Axis, sampling: Sampling): Tensor => {
  const taps = Array.from({ length: axis.to }, (_, i) => sampling(i, axis))
  if (taps.every((list) => list.length === 1))
    return take(
      x,
      taps.map(([[index]]) => index),
      at,
    )
  const weights = new Float64Array(axis.to * axis.from)
  for (const [i, list] of taps.entries()) for (const [j, w] of list) weights[i * axis.from + j] += w
  const matrix = constant(ndarray(weights, [axis.to, axis.from], x.dtype))
  const last = x.shape.length - 1
  if (at === last) return matmul(x, matrix, { transB: true })
  const swapped = x.shape.map((_, i) => (i === at ? last : i === last ? at : i))
  return transpose(matmul(transpose(x, swapped), matrix, { transB: true }), swapped)
}

/** Whole factors along H and W by which pixels are repeated; absent for any other sampling. */
const repeats = (axes: readonly Axis[], sampling: Sampling): readonly [number, number] | undefined => {
  const plain = ({ from, to }: Axis) => from === to
  const whole = (axis: Axis) =>
    Number.isInteger(axis.to / axis.from) &&
    Array.from({ length: axis.to }, (_, i) => sampling(i, axis)).every(
      (taps, i) => taps.length === 1 && taps[0][0] === Math.floor((i * axis.from) / axis.to),
    )
  const [, , h, w] = axes
  if (axes.length !== 4 || !axes.slice(0, 2).every(plain) || !whole(h) || !whole(w)) return undefined
  return [h.to / h.from, w.to / w.from]
}

/** The numbers of an input that may be given as an empty list. */
const given = (site: Site, i: number): readonly number[] | undefined => {
  const list = site.maybeNumbers(i)?.values
  return list && list.length > 0 ? list : undefined
}

const axesOf = (site: Site, scales: readonly number[] | undefined): Axis[] => {
  const { shape } = site.input(0)
  const sizes = scales ? undefined : given(site, 3)
  const axes = site.ints('axes')?.map((a) => (a < 0 ? a + shape.length : a)) ?? shape.map((_, i) => i)
  const listed = sizes ?? scales ?? site.refuse('neither sizes nor scales')
  if (listed.length !== axes.length) site.refuse(`${listed.length} sizes for ${axes.length} axes`)
  return shape.map((from, i) => {
    const k = axes.indexOf(i)
    if (k < 0) return { from, to: from, scale: 1 }
    if (sizes) return { from, to: sizes[k], scale: sizes[k] / from }
    return { from, to: Math.floor(from * listed[k]), scale: listed[k] }
  })
}

const resized = (site: Site, scales: readonly number[] | undefined): Tensor => {
  const x = site.input(0)
  if (site.int('antialias', 0) !== 0) site.refuse('antialias is not read')
  const policy = site.text('keep_aspect_ratio_policy', 'stretch')
  if (policy !== 'stretch') site.refuse(`keep_aspect_ratio_policy '${policy}' is not read`)
  const axes = axesOf(site, scales)
  if (axes.some(({ from, to }) => !(Number.isInteger(to) && to > 0 && (to === from || to * from <= 2 ** 24))))
    site.refuse(`sizes [${axes.map(({ to }) => to)}]`)
  const sampling = samplingOf(site)
  const factor = repeats(axes, sampling)
  if (factor) return upsample(x, factor)
  return axes.reduce((y, axis, i) => (axis.to === axis.from ? y : sampled(y, i, axis, sampling)), x)
}

const scalesOf = (site: Site): readonly number[] | undefined => given(site, site.opset < 11 ? 1 : 2)

export const resizing: Rules = {
  Resize: (site) => resized(site, scalesOf(site)),
  Upsample: (site) => resized(site, given(site, 1)),
}
