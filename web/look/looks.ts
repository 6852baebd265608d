/** How signals of files are looked at: as the files say, or as their shape suggests. */
import type { Look } from '../posterior/draws.ts'
import { lookOfPoints } from '../posterior/look-of-points.ts'
import { axesOf } from '../posterior/places.ts'
import { type Arrays, floats, product } from './arrays.ts'
import type { NdArray } from './decode.ts'

/** Coordinates up to which a vector is a point and no curve. */
const FEW = 16

/** The look that a shape suggests. */
const plainLook = (event: readonly number[]): Look => {
  if (event.length === 3) return { kind: 'image', channels: event[0], height: event[1], width: event[2] }
  if (event.length === 2) return { kind: 'series', channels: event[0], length: event[1] }
  const size = product(event)
  return size <= FEW ? { kind: 'points', dimension: size } : { kind: 'series', channels: 1, length: size }
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

/** Points of the unit sphere, to the last digits that files keep. */
const onSphere = (points: Float32Array): boolean => {
  for (let at = 0; at < points.length; at += 3)
    if (!(Math.abs(Math.hypot(points[at], points[at + 1], points[at + 2]) - 1) < 1e-3)) return false
  return true
}

/** A mesh, or points of the sphere, that are in the files. */
const pointsLook = (arrays: Arrays, channels: number): Look | undefined => {
  const points = arrays['mesh.points'] ?? arrays.vertices ?? arrays.coordinates
  const faces = arrays['mesh.faces'] ?? arrays.faces
  if (points?.shape[1] !== 3) return undefined
  if (!faces) return onSphere(floats(points)) ? lookOfPoints(channels, floats(points)) : undefined
  if (faces.shape[1] !== 3) return undefined
  const corners = Uint32Array.from(faces.data as ArrayLike<number | bigint>, Number)
  if (corners.some((corner) => corner >= points.shape[0])) return undefined
  return lookOfPoints(channels, floats(points), corners)
}

/** The look that files say, or that the shape suggests. */
export const lookOf = (arrays: Arrays, event: readonly number[]): Look => {
  const [channels, places] = event
  if (event.length !== 2) return plainLook(event)
  const { kind, rows, columns } = jsonIn(arrays.view)
  const grid = typeof rows === 'number' && typeof columns === 'number' && rows > 1 && rows * columns <= places
  if (kind === 'globe' && grid) return gridLook(channels, rows, columns)
  const points = pointsLook(arrays, channels)
  return points && axesOf(points).places <= places ? points : plainLook(event)
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
