/**
 * Domains: signals of which some entries are not there (land in a map of the sea, what lies outside an organ,
 * padding). Outside its domain x is one known number: nothing is learned, drawn or counted there.
 */
import { constantLike } from '../linalg/index.ts'
import {
  broadcastTo,
  constant,
  greater,
  NdArray,
  type Shape,
  sizeOf,
  type Tensor,
  where,
} from '../tensor/index.ts'
import type { LinearOperator, Operator } from './operator.ts'
import type { Affine, DataRange } from './units.ts'

/** Which entries of x are there, and what x is elsewhere. */
export interface Domain {
  /** 1 inside, 0 outside: of the last axes of x, such as [H, W] of images for all of their channels alike. */
  readonly inside: NdArray<'float32'>
  /** x outside, in the units at hand. */
  readonly value: number
}

/** x outside a domain in the units of the data: 0 where the range holds it, else its middle. */
export const outsideValue = ([low, high]: DataRange): number => (low <= 0 && 0 <= high ? 0 : (low + high) / 2)

/** The domain of data of a range, in the units of the data or, with `units`, in those. */
export const domainOf = (
  inside: NdArray<'float32'>,
  range: DataRange,
  { scale, offset }: Affine = { scale: 1, offset: 0 },
): Domain => ({ inside, value: scale * outsideValue(range) + offset })

/** Share of the entries of x that are inside. */
export const insideShare = ({ inside }: Domain): number =>
  inside.data.reduce((sum, v) => sum + v, 0) / inside.size

/** A mask of the last axes of x, for all entries of one x: [...event]. */
export const insideOf = (inside: NdArray<'float32'>, event: Shape): NdArray<'float32'> =>
  new NdArray(
    'float32',
    event,
    Float32Array.from({ length: sizeOf(event) }, (_, i) => inside.data[i % inside.size]),
  )

/**
 * Masks [N, ...event] or [N, 1, ...] without what lies outside; channels that share a mask share it still,
 * unless they differ in what is inside.
 */
export const maskWithin = (
  masks: NdArray<'float32'>,
  inside: NdArray<'float32'>,
  event: Shape,
): NdArray<'float32'> => {
  const [count, ...own] = masks.shape
  const [size, wanted] = [sizeOf(own), Math.max(sizeOf(own), inside.size)]
  const data = Float32Array.from({ length: count * wanted }, (_, i) => {
    const row = Math.floor(i / wanted)
    return masks.data[row * size + ((i % wanted) % size)] * inside.data[(i % wanted) % inside.size]
  })
  return new NdArray('float32', [count, ...(wanted === size ? own : event)], data)
}

/** Whether an entry of a signal [..., ...inside] is there. */
const isInside = ({ inside }: Domain): Tensor => greater(constant(inside), 0)

/** x [..., ...inside] in its domain, the number that it is elsewhere. */
export const onDomain = (x: Tensor, domain: Domain): Tensor => where(isInside(domain), x, domain.value)

/** The same of arrays, in place of a copy. */
export const filledOutside = (x: NdArray<'float32'>, { inside, value }: Domain): NdArray<'float32'> =>
  new NdArray(
    'float32',
    x.shape,
    x.data.map((v, i) => (inside.data[i % inside.size] === 0 ? value : v)),
  )

/** v in the domain, 0 elsewhere. */
const cut = (v: Tensor, domain: Domain): Tensor => where(isInside(domain), v, 0)

/**
 * The operator of what is inside a domain: x ↦ A(x inside, `value` outside) where A is not linear; of a
 * linear A its linear part alone, x ↦ A (m ∘ x), to which {@link seenOutside} is to be added.
 */
export const restricted = (A: Operator, domain: Domain): Operator => {
  const { name, inShape, outShape } = A
  if (!A.linear) return { name, linear: false, inShape, outShape, apply: (x) => A.apply(onDomain(x, domain)) }
  const { resolvent } = A
  return {
    name,
    linear: true,
    inShape,
    outShape,
    apply: (x) => A.apply(cut(x, domain)),
    adjoint: (y) => cut(A.adjoint(y), domain),
    ...(resolvent ? { resolvent } : {}), // a preconditioner: about it will do
  }
}

/** What a linear A sees of the outside, A((1 − m) value), like y [B, ...outShape]. */
export const seenOutside = (A: LinearOperator, { inside, value }: Domain, y: Tensor): Tensor => {
  const outside = new NdArray(
    'float32',
    A.inShape,
    insideOf(inside, A.inShape).data.map((v) => (v === 0 ? value : 0)),
  )
  return A.apply(broadcastTo(constantLike(outside, y), [y.shape[0], ...A.inShape]))
}
