/** The masks to begin with on a domain. */
import { type Domain, placesIn } from './domain.ts'
import { maskKinds } from './masks.ts'
import { pointMaskKinds } from './point-masks.ts'

/** A kind of mask of one domain. */
interface FirstMask {
  readonly name: string
  readonly title: string
  /** A place each, 1 = seen; a function of the seed. */
  readonly draw: (seed: number) => Float32Array
}

export const firstMasks = (domain: Domain): readonly FirstMask[] =>
  domain.kind === 'image'
    ? maskKinds.map((kind) => ({ ...kind, draw: (seed) => kind.draw(domain, seed) }))
    : pointMaskKinds.map((kind) => ({ ...kind, draw: (seed) => kind.draw(domain.coordinates, seed) }))

/** A mask by its name; of an unknown one everything is seen. */
export const firstMask = (domain: Domain, name: string, seed: number): Float32Array =>
  firstMasks(domain)
    .find((kind) => kind.name === name)
    ?.draw(seed) ?? new Float32Array(placesIn(domain)).fill(1)
