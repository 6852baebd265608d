/** Draws of files of arrays, as `tweedie sample`, `restore` and other programs write them. */
import type { Draws, Look } from '../posterior/draws.ts'
import { axesOf } from '../posterior/places.ts'
import { faultIn, type NdArray } from './decode.ts'

/** Arrays by name: of one file, or of several that were dropped together. */
export type Arrays = Readonly<Record<string, NdArray>>

/** Names under which programs keep draws, the truth. */
const DRAWS = ['draws', 'samples', 'posterior_samples', 'theta', 'x']
const TRUTH = ['truth', 'x', 'images']

/** Draws [K, N, ...event] of N observations, and what belongs to them. */
export interface Result {
  readonly name: string
  readonly count: number
  readonly observations: number
  readonly event: readonly number[]
  /** The draws of observation i. */
  readonly of: (i: number, look: Look) => Draws
  /** How they are looked at, as the files say it or as the shape suggests it. */
  readonly look: Look
}

/** Numbers as float32; bytes of pictures are k/255, as everywhere in this package. */
const floats = ({ data, dtype }: NdArray): Float32Array => {
  if (data instanceof Float32Array) return data
  const scale = dtype === 'uint8' ? 1 / 255 : 1
  return Float32Array.from(data as ArrayLike<number | bigint>, (v) => scale * Number(v))
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

const named = (arrays: Arrays, names: readonly string[]): NdArray | undefined => {
  const name = names.find((own) => Object.hasOwn(arrays, own))
  return name === undefined ? undefined : arrays[name]
}

/** Coordinates up to which a vector is a point and no curve. */
const FEW = 16

/** The look that a shape suggests. */
export const plainLook = (event: readonly number[]): Look => {
  if (event.length === 3) return { kind: 'image', channels: event[0], height: event[1], width: event[2] }
  if (event.length === 2) return { kind: 'series', channels: event[0], length: event[1] }
  const size = product(event)
  return size <= FEW ? { kind: 'points', dimension: size } : { kind: 'series', channels: 1, length: size }
}

/** The draws: by name, or the only array. [K, N, ...event]; the axis of observations may be missing. */
const drawsIn = (arrays: Arrays, name: string): NdArray => {
  const names = Object.keys(arrays)
  const found = named(arrays, DRAWS) ?? (names.length === 1 ? arrays[names[0]] : undefined)
  if (!found)
    throw faultIn(
      name,
      `expected draws as one of ${DRAWS.join(', ')}, or a single array; it has ${names.join(', ')}`,
    )
  if (found.shape.length < 2 || found.size === 0)
    throw faultIn(name, `draws should be [draws, problems, ...signal], got [${found.shape}]`)
  return found
}

const firstNotFinite = (values: Float32Array): number => values.findIndex((v) => !Number.isFinite(v))

/** The draws of an array, [K, N, ...event]. */
const shaped = (
  draws: NdArray,
): { readonly k: number; readonly n: number; readonly event: readonly number[] } => {
  const [k, n, ...event] = draws.shape
  return event.length === 0 ? { k, n: 1, event: [n] } : { k, n, event }
}

/** Entries of observation i of [N, ...event], spread over the channels where the array has one. */
const itemOf = (array: NdArray | undefined, i: number, size: number): Float32Array | undefined => {
  if (!array) return undefined
  const values = floats(array)
  const each = values.length / (array.shape[0] || 1)
  const own =
    array.shape[0] === 1 || (i + 1) * each > values.length
      ? values.subarray(0, each)
      : values.subarray(i * each, (i + 1) * each)
  if (each === size) return own
  return size % each === 0 ? Float32Array.from({ length: size }, (_, e) => own[e % each]) : undefined
}

/** What was observed where the mask says so, NaN elsewhere. */
const observedOf = (arrays: Arrays, i: number, size: number): Float32Array | undefined => {
  const y = itemOf(arrays.y, i, size)
  const mask = itemOf(arrays.mask ?? arrays['parameter.mask'], i, size)
  if (!y || arrays.y.size / arrays.y.shape[0] !== size) return undefined
  return mask ? y.map((v, e) => (mask[e] === 0 ? Number.NaN : v)) : y
}

/** JSON text with a byte for each element, as observation sets keep it. */
const jsonIn = (array: NdArray | undefined): Readonly<Record<string, unknown>> => {
  if (!array || !(array.data instanceof Uint8Array)) return {}
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(array.data))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** Fields on a grid of the sphere: rows from pole to pole, columns eastward from Greenwich. */
export const gridLook = (channels: number, rows: number, columns: number): Look => {
  const each = (of: (row: number, column: number) => number) =>
    Float32Array.from({ length: rows * columns }, (_, i) => of(Math.floor(i / columns), i % columns))
  return {
    kind: 'sphere',
    channels,
    count: rows * columns,
    latitude: each((row) => 90 - (180 * row) / (rows - 1)),
    longitude: each((_, column) => (360 * column) / columns),
  }
}

/** A mesh whose points are in the files. */
const meshLook = (arrays: Arrays, channels: number): Look | undefined => {
  const points = arrays['mesh.points'] ?? arrays.vertices
  const faces = arrays['mesh.faces'] ?? arrays.faces
  if (!points || !faces || points.shape[1] !== 3 || faces.shape[1] !== 3) return undefined
  const corners = Uint32Array.from(faces.data as ArrayLike<number | bigint>, Number)
  if (corners.some((corner) => corner >= points.shape[0])) return undefined
  return { kind: 'mesh', channels, vertices: floats(points), faces: corners }
}

/** The look that files say, or that the shape suggests. */
const lookOf = (arrays: Arrays, event: readonly number[]): Look => {
  const [channels, places] = event
  if (event.length !== 2) return plainLook(event)
  const { kind, rows, columns } = jsonIn(arrays.view)
  const grid = typeof rows === 'number' && typeof columns === 'number' && rows > 1 && rows * columns <= places
  if (kind === 'globe' && grid) return gridLook(channels, rows, columns)
  const mesh = meshLook(arrays, channels)
  return mesh && axesOf(mesh).places <= places ? mesh : plainLook(event)
}

/** All looks that signals of a shape can have; that which is suggested first. */
export const looksOf = (
  event: readonly number[],
  suggested: Look,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): readonly Look[] => {
  const size = product(event)
  const [channels, places] = event.length === 1 ? [1, event[0]] : [event[0], size / event[0]]
  const all: readonly Look[] = [
    suggested,
    plainLook(event),
    { kind: 'series', channels, length: places },
    ...(places >= rows * columns && places < rows * columns + 8 ? [gridLook(channels, rows, columns)] : []),
    ...(size <= FEW ? [{ kind: 'points', dimension: size } as const] : []),
  ]
  return all.filter(({ kind }, i) => all.findIndex((own) => own.kind === kind) === i)
}

/** Signals [n, C, P] without the padding after the first `places`. */
const unpadded = (values: Float32Array, padded: number, places: number): Float32Array => {
  if (padded === places) return values
  const rows = values.length / padded
  const out = new Float32Array(rows * places)
  for (let r = 0; r < rows; r++) out.set(values.subarray(r * padded, r * padded + places), r * places)
  return out
}

const rangeOf = (arrays: Arrays, draws: NdArray): readonly [number, number] | undefined => {
  if (arrays.range?.size === 2) return [Number(arrays.range.data[0]), Number(arrays.range.data[1])]
  return draws.dtype === 'uint8' ? [0, 1] : undefined
}

/**
 * The result that arrays hold.
 *
 * @param name - of the file, for messages
 * @throws TweedieError `input` when there are no draws in them, or numbers that are none
 */
export const resultOf = (arrays: Arrays, name: string): Result => {
  const draws = drawsIn(arrays, name)
  const { k, n, event } = shaped(draws)
  const size = product(event)
  const values = floats(draws)
  const bad = firstNotFinite(values)
  if (bad >= 0) throw faultIn(name, `draws must be finite, got ${values[bad]} at element ${bad}`)
  const truth = named(arrays, TRUTH)
  const judge = truth && truth !== draws ? truth : undefined
  const range = rangeOf(arrays, draws)
  const look = lookOf(arrays, event)
  return {
    name,
    count: k,
    observations: n,
    event,
    look,
    of: (i, look) => {
      const { channels, places } = axesOf(look)
      const padded = size / channels
      const cut = (values: Float32Array) => unpadded(values, padded, places)
      const real = itemOf(judge, i, size)
      const seen = observedOf(arrays, i, size)
      const inside = itemOf(arrays.valid, i, size)
      const own = n === 1 ? values : new Float32Array(k * size)
      if (n > 1)
        for (let d = 0; d < k; d++)
          own.set(values.subarray((d * n + i) * size, (d * n + i + 1) * size), d * size)
      return {
        name,
        look,
        count: k,
        size: channels * places,
        values: cut(own),
        ...(range ? { range } : {}),
        ...(real ? { truth: cut(real) } : {}),
        ...(seen ? { observed: cut(seen) } : {}),
        ...(inside ? { domain: Uint8Array.from(cut(inside)) } : {}),
      }
    },
  }
}
