import type { NdArray, Shape, Tensor, Tree } from '../tensor/index.ts'

/** Drawn per training step: one 0/1 array for each dropout layer, in order. */
export interface Training {
  readonly keep: readonly Tensor[]
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
   * @param cNoise - [B], log sigma
   * @param training - dropout masks; absent when the network is used, not trained
   * @returns [B, ...event]
   */
  apply(params: T, x: Tensor, cNoise: Tensor, training?: Training): Tensor
  /** Shapes of the dropout masks for an input of this shape: empty without dropout. */
  keepShapes(x: Shape): readonly Shape[]
  /** Probability that dropout zeroes an activation. */
  readonly dropout: number
}
