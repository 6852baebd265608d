import { constant, mul, type NdArray, square, type Tensor } from '../tensor/index.ts'

/** Gaussian noise n ~ N(0, Σy) of an observation, by the product with its covariance. */
export interface Noise {
  readonly name: string
  /** Σy v. */
  apply(v: Tensor): Tensor
  /** s of Σy = s² I, where the noise is of that kind. */
  readonly std?: number
}

/** Σy = s² I. @param std - s > 0, in the units of the prior */
export const isotropicNoise = (std: number): Noise => ({
  name: 'isotropic',
  std,
  apply: (v) => mul(v, std * std),
})

/** Σy = diag(s²). @param std - [...event of y], each > 0, same dtype as the observations */
export const diagonalNoise = (std: Tensor | NdArray): Noise => {
  const s = 'data' in std ? constant(std) : std
  return { name: 'diagonal', apply: (v) => mul(v, square(s)) }
}
