/** Shapes: what changes them, what computes them, and what is made by them. */
import { NdArray, ndarray, sizeOf, zeros } from '../../ndarray.ts'
import { broadcastTo, concat, reshape, transpose } from '../../ops/index.ts'
import { axisOf, broadcastShapes } from '../../shape.ts'
import { constant, type Tensor } from '../../tensor.ts'
import type { Rules, Site } from '../site.ts'

/** A list of integers that is known. */
const listed = (values: readonly number[]): Tensor => constant(ndarray(values, [values.length], 'int64'))

/** 0 is the size as it was, −1 the rest. */
const reshaped = (site: Site): Tensor => {
  const x = site.input(0)
  const keeps = site.int('allowzero', 0) === 0
  const shape = site.numbers(1).map((d, i) => (d === 0 && keeps ? (x.shape[i] ?? 0) : d))
  return reshape(x, shape)
}

const flattened = (site: Site): Tensor => {
  const x = site.input(0)
  const given = site.int('axis', 1)
  const axis = given < 0 ? given + x.shape.length : given
  return reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])
}

const squeezed = (site: Site): Tensor => {
  const x = site.input(0)
  const axes = site.list(1, 'axes')?.map((a) => axisOf('Squeeze', a, x.shape.length))
  const goes = (i: number) => (axes ? axes.includes(i) : x.shape[i] === 1)
  return reshape(
    x,
    x.shape.filter((_, i) => !goes(i)),
  )
}

const unsqueezed = (site: Site): Tensor => {
  const x = site.input(0)
  const axes = site.list(1, 'axes') ?? site.refuse('its axes are missing')
  const rank = x.shape.length + axes.length
  const fresh = new Set(axes.map((a) => axisOf('Unsqueeze', a, rank)))
  const rest = [...x.shape]
  return reshape(
    x,
    Array.from({ length: rank }, (_, i) => (fresh.has(i) ? 1 : (rest.shift() ?? 1))),
  )
}

const expanded = (site: Site): Tensor => {
  const x = site.input(0)
  return broadcastTo(x, broadcastShapes('Expand', x.shape, site.numbers(1)))
}

const shapeOf = (site: Site): Tensor => {
  const { shape } = site.input(0)
  return listed(shape.slice(site.int('start', 0), site.int('end', shape.length)))
}

/** A constant of the file, which has one of five forms. */
const fixed = (site: Site): Tensor => {
  const value = site.value() ?? site.refuse('its value is missing')
  if ('array' in value) {
    const { dtype, shape, data } = value.array
    return constant(new NdArray(dtype, shape, data))
  }
  if ('float' in value) return constant(ndarray([value.float], []))
  if ('int' in value) return constant(ndarray([value.int], [], 'int64'))
  if ('floats' in value) return constant(ndarray(value.floats))
  return 'ints' in value ? listed(value.ints) : site.refuse('text is not read')
}

/** One number in a shape, which costs nothing until somebody asks for it. */
const filled = (site: Site): Tensor => {
  const shape = site.numbers(0)
  const value = site.value()
  const one = value ? reshape(fixed(site), []) : constant(ndarray([0], []))
  return sizeOf(shape) === 0 ? constant(zeros(shape, one.dtype)) : broadcastTo(one, shape)
}

const range = (site: Site): Tensor => {
  const [[start], [stop], [step]] = [0, 1, 2].map((i) => site.numbers(i))
  const count = Math.max(0, Math.ceil((stop - start) / step))
  if (!(count <= 2 ** 20)) site.refuse(`${count} numbers`)
  const values = Array.from({ length: count }, (_, i) => start + i * step)
  return constant(ndarray(values, [count], site.input(0).dtype))
}

/** Parts without entries, which lists of sizes may have, are left out. */
const joined = (site: Site): Tensor => {
  const parts = site.all()
  const some = parts.filter((t) => sizeOf(t.shape) > 0)
  return some.length === 0 ? site.input(0) : concat(some, site.int('axis', 0))
}

const tiled = (site: Site): Tensor => {
  const x = site.input(0)
  const repeats = site.numbers(1)
  if (repeats.length !== x.shape.length) site.refuse(`${repeats.length} repeats of [${x.shape}]`)
  const interleaved = (sizes: readonly number[]) => x.shape.flatMap((d, i) => [sizes[i], d])
  const cells = reshape(x, interleaved(x.shape.map(() => 1)))
  const wide = broadcastTo(cells, interleaved(repeats))
  return reshape(
    wide,
    x.shape.map((d, i) => d * repeats[i]),
  )
}

/** Channels to blocks of points and back, by the order in which the channels lie. */
const depthToSpace = (site: Site): Tensor => {
  const x = site.input(0)
  const r = site.int('blocksize', 1)
  const [b, c, h, w] = x.shape
  const rest = c / (r * r)
  if (site.text('mode', 'DCR') === 'CRD') {
    const cells = transpose(reshape(x, [b, rest, r, r, h, w]), [0, 1, 4, 2, 5, 3])
    return reshape(cells, [b, rest, h * r, w * r])
  }
  const cells = transpose(reshape(x, [b, r, r, rest, h, w]), [0, 3, 4, 1, 5, 2])
  return reshape(cells, [b, rest, h * r, w * r])
}

const spaceToDepth = (site: Site): Tensor => {
  const x = site.input(0)
  const r = site.int('blocksize', 1)
  const [b, c, h, w] = x.shape
  const cells = transpose(reshape(x, [b, c, h / r, r, w / r, r]), [0, 3, 5, 1, 2, 4])
  return reshape(cells, [b, c * r * r, h / r, w / r])
}

export const shapes: Rules = {
  Reshape: reshaped,
  Flatten: flattened,
  Squeeze: squeezed,
  Unsqueeze: unsqueezed,
  Expand: expanded,
  Shape: shapeOf,
  Size: (site) => constant(ndarray([sizeOf(site.input(0).shape)], [], 'int64')),
  Constant: fixed,
  ConstantOfShape: filled,
  Range: range,
  Transpose: (site) => transpose(site.input(0), site.ints('perm')),
  Concat: joined,
  Tile: tiled,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
}
