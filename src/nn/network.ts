import type { NdArray, Tensor, Tree } from '../tensor/index.ts'

/** Where dropout is: the number of its layer, from 0, and the axis of the rows of a batch in the features. */
export interface DropoutPlace {
  readonly layer: number
  readonly rowAxis: number
}

/** What training does inside a network; that of `seededDropout` has dropout. */
export interface Training {
  /** The features of a dropout layer, some entries of them set to 0, the others as they are. */
  zeroed?(y: Tensor, place: DropoutPlace): Tensor
}

/**
 * A network as two pure functions: parameters from a seed, and an output from parameters, an input and the
 * scalar noise condition of each sample. `P` is the record of its weights as arrays, `T` the same record as
 * tensors.
 */
export interface Network<P extends Tree<NdArray> = Tree<NdArray>, T extends Tree<Tensor> = Tree<Tensor>> {
  /** Fresh parameters: the same for the same seed. */
  init(seed: number): P
  /**
   * @param x - [B, ...event]
   * @param cNoise - [B], log sigma, or of networks that predict noise the label of a time, up to 999
   * @param training - absent when the network is used, not trained
   * @returns [B, ...event]
   */
  apply(params: T, x: Tensor, cNoise: Tensor, training?: Training): Tensor
  /** Number of its dropout layers: 0 without dropout. */
  readonly dropouts: number
  /** Probability that dropout zeroes an activation. */
  readonly dropout: number
}
