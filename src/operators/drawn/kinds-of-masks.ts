/** Masks of many kinds over one domain: 1 = observed. Mask i depends on the seed and on i only. */
import { permutation, stream, uniform } from '../../random/index.ts'
import { patchMask } from './patch-mask.ts'
import { strokeMask } from './stroke-mask.ts'

/** What one mask is drawn for. */
export interface MaskRequest {
  /** [H, W] of images, [V] of points. */
  readonly space: readonly number[]
  /** Indices of the entries that there are, in rising order. */
  readonly inside: readonly number[]
  /** Entries to keep, 1 … `inside.length`; boxes keep about as many. */
  readonly kept: number
  /** Where points lie. */
  readonly places?: readonly (readonly number[])[]
  readonly seed: number
  /** Number of the mask. */
  readonly observation: number
}

/** A mask over all entries of the space; what it says outside does not matter. */
type DrawMask = (request: MaskRequest) => Float32Array

const sizeOf = (space: readonly number[]): number => space.reduce((a, b) => a * b, 1)

/** So many entries of those that there are, uniformly at random. */
const random: DrawMask = ({ space, inside, kept, seed, observation }) => {
  const mask = new Float32Array(sizeOf(space))
  const order = permutation(stream(seed, 'observe random'), inside.length, { observation }).data
  for (let k = 0; k < kept; k++) mask[inside[order[k]]] = 1
  return mask
}

/** Rows or columns, as many as hold about that share. */
const lines: DrawMask = ({ space, inside, kept, seed, observation }) => {
  const [height, width] = space
  const [u] = uniform(stream(seed, 'observe lines'), [1], { observation }).data
  const rows = u < 0.5
  const lineOf = (at: number): number => (rows ? Math.floor(at / width) : at % width)
  const there = [...new Set(inside.map(lineOf))].sort((a, b) => a - b)
  const order = permutation(stream(seed, 'observe which lines'), there.length, { observation }).data
  const count = Math.max(1, Math.round((kept / inside.length) * there.length))
  const chosen = new Set(Array.from(order.subarray(0, count), (k) => there[k]))
  return Float32Array.from({ length: height * width }, (_, at) => (chosen.has(lineOf(at)) ? 1 : 0))
}

/** A rectangle is missing, of about the area that is to be; sides up to 2 : 1. */
const box: DrawMask = ({ space, inside, kept, seed, observation }) => {
  const [height, width] = space
  const u = uniform(stream(seed, 'observe boxes'), [3], { observation }).data
  const area = (1 - kept / inside.length) * height * width
  const bounded = (length: number, most: number): number => Math.min(most, Math.max(1, Math.round(length)))
  const tall = bounded(Math.sqrt(area * 4 ** (u[0] - 0.5)), height)
  const wide = bounded(area / tall, tall === height && width > 1 ? width - 1 : width)
  const [top, left] = [Math.floor(u[1] * (height - tall + 1)), Math.floor(u[2] * (width - wide + 1))]
  return Float32Array.from({ length: height * width }, (_, at) => {
    const [row, column] = [Math.floor(at / width), at % width]
    return row >= top && row < top + tall && column >= left && column < left + wide ? 0 : 1
  })
}

const strokes: DrawMask = ({ space, inside, kept, seed, observation }) => {
  const [height, width] = space
  const there = new Set(inside)
  return strokeMask([height, width], inside.length - kept, { seed, observation }, (at) => there.has(at))
}

/** Patches of points take away so many of those that there are. */
const patchesOf = (missing: number, { space, inside, places, seed, observation }: MaskRequest) => {
  const where = inside.map((i) => places?.[i] ?? [i])
  const kept = patchMask(where, missing, { seed, observation })
  const mask = new Float32Array(sizeOf(space))
  inside.forEach((i, k) => {
    mask[i] = kept[k]
  })
  return mask
}

const patches: DrawMask = (request) => patchesOf(request.inside.length - request.kept, request)

/** Half of what is missing in patches, the rest at random. */
const both: DrawMask = (request) => {
  const missing = request.inside.length - request.kept
  const mask = patchesOf(Math.floor(missing / 2), request)
  const left = request.inside.filter((i) => mask[i] === 1)
  return random({ ...request, inside: left })
}

/** Every kind of mask, in the order of their numbers, with the axes of the space that it is for. */
const kinds = {
  random: { axes: [1, 2], draw: random },
  box: { axes: [2], draw: box },
  strokes: { axes: [2], draw: strokes },
  lines: { axes: [2], draw: lines },
  patches: { axes: [1], draw: patches },
  both: { axes: [1], draw: both },
} as const satisfies Record<string, { readonly axes: readonly number[]; readonly draw: DrawMask }>

/** The name of a kind of mask. */
export type MaskKind = keyof typeof kinds

/** Names of the kinds of masks; a mask's label is its place here. */
export const maskKinds: readonly string[] = Object.keys(kinds)

const isMaskKind = (name: string): name is MaskKind => Object.hasOwn(kinds, name)

/** The kinds of that name that masks of a space of so many axes can be of; undefined where it is none. */
export const maskKindOf = (name: string, axes: number): MaskKind | undefined => {
  if (!isMaskKind(name)) return undefined
  const known: readonly number[] = kinds[name].axes
  return known.includes(axes) ? name : undefined
}

/** Kinds that masks of a space of so many axes can be of. */
export const maskKindsOf = (axes: number): MaskKind[] =>
  maskKinds.flatMap((name) => maskKindOf(name, axes) ?? [])

/**
 * One mask [...space] of a kind; at least one of the entries that there are is observed.
 *
 * @example
 * ```ts
 * const inside = Array.from({ length: 784 }, (_, i) => i)
 * const m = maskOfKind('strokes', { space: [28, 28], inside, kept: 392, seed: 0, observation: 0 })
 * ```
 */
export const maskOfKind = (kind: MaskKind, request: MaskRequest): Float32Array => {
  const mask = kinds[kind].draw(request)
  const { inside } = request
  // A box may hide all of a small domain.
  if (!inside.some((i) => mask[i] === 1)) mask[inside[0]] = 1
  return mask
}
