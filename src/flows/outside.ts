/**
 * Signals of which some entries are not there (padding behind the points of a sphere or a mesh, land in a map
 * of the sea). A flow leaves them as z has them: independent standard normals, whatever is inside, so that
 *
 *   log q(x inside) = log q(x) − log N(x outside; 0, I)
 *
 * is the density of what is there, exactly.
 */
import { TweedieError } from '../error.ts'
import {
  concat,
  type NdArray,
  ndarray,
  reshape,
  type Shape,
  scalarLike,
  sizeOf,
  split,
  type Tensor,
  take,
} from '../tensor/index.ts'
import { expectRows, type Flow, type FlowParams, logStandardNormal } from './flow.ts'
import { inverseOrder, permute } from './permutation.ts'

/** Entries of x, counted as they lie in its array, that are not there: rising, not all of them. */
export type Outside = readonly number[]

/** The entries of n that are there. @throws TweedieError `input` for places that are none, or all of them */
export const insidePlaces = (n: number, outside: Outside): readonly number[] => {
  const rising = outside.every((i, k) => Number.isInteger(i) && i > (outside[k - 1] ?? -1) && i < n)
  if (!rising || outside.length >= n)
    throw new TweedieError('input', `flow: outside must name some of ${n} entries, in rising order`)
  const missing = new Set(outside)
  return Array.from({ length: n }, (_, i) => i).filter((i) => !missing.has(i))
}

/** 1 for entries that are there, [...event]. */
export const insideMask = (event: Shape, outside: Outside): NdArray<'float32'> => {
  const inside = ndarray(new Array<number>(sizeOf(event)).fill(1), event)
  for (const i of outside) inside.data[i] = 0
  return inside
}

/** log N(x outside; 0, I) of x [B, ...event], [B]; 0 where nothing is outside. */
export const logOutside = (x: Tensor, outside: Outside | undefined): Tensor => {
  if (!outside || outside.length === 0) return scalarLike(x, 0)
  return logStandardNormal(take(reshape(x, [x.shape[0], -1]), outside, 1))
}

/** A vector of n entries in two: those that are there and the others; and whole again. */
export const apartFrom = (n: number, outside: Outside) => {
  const inside = insidePlaces(n, outside)
  const order = [...inside, ...outside]
  const back = inverseOrder(order)
  const sizes = [inside.length, outside.length]
  return {
    /** v [B, n]: what is there, and the rest. */
    parted: (v: Tensor): readonly [Tensor, Tensor] => {
      const [kept, rest] = split(permute(v, order), sizes, 1)
      return [kept, rest]
    },
    whole: (kept: Tensor, rest: Tensor): Tensor => permute(concat([kept, rest], 1), back),
  }
}

/** A flow over the entries of a vector that are there, as one over all n: the others are those of z. */
export const withOutside = <P extends FlowParams<NdArray>, T extends FlowParams<Tensor>>(
  flow: Flow<P, T>,
  outside: Outside,
): Flow<P, T> => {
  const n = sizeOf(flow.event) + outside.length
  const { parted, whole } = apartFrom(n, outside)
  return {
    event: [n],
    condition: flow.condition,
    init: (seed) => flow.init(seed),
    sample: (params, y, z, mode) => {
      expectRows('flow', 'z', z, [n], z.shape[0])
      const [kept, rest] = parted(z)
      const { x, ...drawn } = flow.sample(params, y, kept, mode)
      return { ...drawn, x: whole(x, rest) }
    },
    inverse: (params, x, y) => {
      expectRows('flow', 'x', x, [n], x.shape[0])
      const [kept, rest] = parted(x)
      const { z, logdet } = flow.inverse(params, kept, y)
      return { z: whole(z, rest), logdet }
    },
  }
}
