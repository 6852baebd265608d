/** Masks of points to begin with, drawn as those that samplers learn from. A new one is a line of the list. */
import { maskOfKind } from '../../src/operators/drawn/kinds-of-masks.ts'

/** A kind of mask. */
export interface PointMaskKind {
  readonly name: string
  readonly title: string
  /** [N], 1 = seen; a function of the seed. @param coordinates - [N, 3] */
  readonly draw: (coordinates: Float32Array, seed: number) => Float32Array
}

const drawn =
  (kind: 'random' | 'patches' | 'both', share: number): PointMaskKind['draw'] =>
  (coordinates, seed) => {
    const count = coordinates.length / 3
    const inside = Array.from({ length: count }, (_, i) => i)
    const places = inside.map((i) => [...coordinates.subarray(3 * i, 3 * i + 3)])
    const kept = Math.round(share * count)
    return maskOfKind(kind, { space: [count], inside, kept, places, seed, observation: 0 })
  }

export const pointMaskKinds: readonly PointMaskKind[] = [
  { name: 'few', title: 'A quarter', draw: drawn('random', 0.25) },
  { name: 'patch', title: 'Patches', draw: drawn('patches', 0.6) },
  { name: 'both', title: 'Both', draw: drawn('both', 0.3) },
  { name: 'nothing', title: 'Everything seen', draw: ({ length }) => new Float32Array(length / 3).fill(1) },
]
