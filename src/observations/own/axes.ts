/** Arrays of a user's own, which may lack axes of size 1, as operators and sets have them. */
import { type NumberRows, wrong } from '../../formats/index.ts'
import { NdArray, type Shape, sizeOf, zeros } from '../../tensor/index.ts'

/** Sizes that each axis may have, the first of them that of the observations; undefined for any. */
type Axes = readonly (readonly number[] | undefined)[]

const inWords = (axes: Axes): string =>
  `[${axes.map((sizes) => (sizes ? [...new Set(sizes)].join('|') : 'any')).join(', ')}]`

/** All ways in which axes of size 1 make a shape that the axes admit. */
const fillings = (shape: Shape, axes: Axes): Shape[] => {
  if (shape.length > axes.length) return []
  if (axes.length === 0) return [[]]
  const [sizes, ...others] = axes
  const [first, ...rest] = shape
  const fits = first !== undefined && (sizes?.includes(first) ?? true)
  const kept = fits ? fillings(rest, others).map((filled) => [first, ...filled]) : []
  const put = sizes?.includes(1) ? fillings(shape, others).map((filled) => [1, ...filled]) : []
  const all = [...kept, ...put]
  return all.filter((filled, i) => all.findIndex((other) => String(other) === String(filled)) === i)
}

/**
 * A shape with the axes of size 1 that it lacks.
 *
 * @throws TweedieError `input` when no such axes make it fit, or several do
 */
export const withAxes = (shape: Shape, axes: Axes, field: string, where: string): Shape => {
  const [filled, other] = fillings(shape, axes)
  if (!filled) throw wrong(where, `field '${field}' must have the shape ${inWords(axes)}, got [${shape}]`)
  if (other)
    throw wrong(
      where,
      `field '${field}' of shape [${shape}] may be ` + `[${filled}] or [${other}]; save it with all its axes`,
    )
  return filled
}

/**
 * Real parts, then imaginary parts, on the second axis: [N, C, ..., 2] to [N, 2C, ...].
 *
 * @param array - complex: its last axis is of real and imaginary part
 */
export const partsFirst = (array: NdArray<'float32'>): NdArray<'float32'> => {
  const [count, channels, ...rest] = array.shape.slice(0, -1)
  const size = channels * sizeOf(rest)
  const out = zeros(partsFirstShape(array.shape))
  for (let n = 0; n < count; n++)
    for (let part = 0; part < 2; part++)
      for (let i = 0; i < size; i++)
        out.data[(2 * n + part) * size + i] = array.data[2 * (n * size + i) + part]
  return out
}

/** The shape of {@link partsFirst} of an array. */
export const partsFirstShape = (shape: Shape): Shape => {
  const [count, channels, ...rest] = shape.slice(0, -1)
  return [count, 2 * channels, ...rest]
}

/** A batch axis in front of a shape that lacks one. */
export const batched = (shape: Shape, rank: number): Shape => (shape.length < rank ? [1, ...shape] : shape)

/**
 * Whether an array is complex: as NumPy's complex numbers, or as a last axis of real and imaginary part (as
 * PyTorch's `view_as_real` makes it) of what has at least three axes beside it.
 */
export const isComplex = ({ shape, complex }: Pick<NumberRows, 'shape' | 'complex'>): boolean =>
  complex || (shape.length >= 4 && shape.at(-1) === 2)

/** Values repeated along the axes of size 1 that another shape has longer. */
export const repeated = (array: NdArray<'float32'>, shape: Shape): NdArray<'float32'> => {
  if (String(array.shape) === String(shape)) return array
  const strides = array.shape.map((n, axis) => (n === 1 ? 0 : sizeOf(array.shape.slice(axis + 1))))
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, flat) => {
    let [rest, at] = [flat, 0]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (rest % shape[axis]) * strides[axis]
      rest = Math.floor(rest / shape[axis])
    }
    return array.data[at]
  })
  return new NdArray('float32', shape, data)
}
