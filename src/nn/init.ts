/** Initial weights as in DiEM: U(−1/√fan_in, 1/√fan_in), biases 0. */
import { stream, uniform } from '../random/index.ts'
import { NdArray, type Pair, type Shape, sizeOf, zeros } from '../tensor/index.ts'

/** Whether the work at hand asks for shapes only. */
let blank = false

/**
 * Does work, not asynchronous, whose fresh weights are zeros: their shapes without the time of drawing them.
 * Memory of zeros that nobody touches is not taken.
 *
 * @example
 * ```ts
 * const net = mlp({ features: 5 })
 * const params = shapesOnly(() => net.init(0))
 * ```
 */
export const shapesOnly = <T>(work: () => T): T => {
  const outer = blank
  blank = true
  try {
    return work()
  } finally {
    blank = outer
  }
}

/** Fresh weights of a shape: drawn, or zeros where only {@link shapesOnly} is asked for. */
export const freshWeights = (shape: Shape, draw: () => NdArray<'float32'>): NdArray<'float32'> =>
  blank ? zeros(shape) : draw()

/** Draws named parameters of one network: each has a stream of its own, so adding one moves no other. */
export class Initialiser {
  private readonly seed: number
  private readonly path: string

  constructor(seed: number, path = 'init') {
    this.seed = seed
    this.path = path
  }

  at(name: string | number): Initialiser {
    return new Initialiser(this.seed, `${this.path}.${name}`)
  }

  /** `scale` · U(−1, 1)/√fan_in; the first axis counts outputs, the others are the fan-in. */
  weight(name: string, shape: Shape, scale = 1): NdArray {
    const bound = scale / Math.sqrt(sizeOf(shape.slice(1)))
    return freshWeights(shape, () => {
      const u = uniform(stream(this.seed, `${this.path}.${name}`), shape)
      return new NdArray(
        'float32',
        shape,
        u.data.map((v) => bound * (2 * v - 1)),
      )
    })
  }

  linear(name: string, inputs: number, outputs: number, scale = 1): Linear<NdArray> {
    return { weight: this.weight(name, [outputs, inputs], scale), bias: zeros([outputs]) }
  }

  conv(name: string, inputs: number, outputs: number, kernel: number | Pair): Linear<NdArray> {
    const size = typeof kernel === 'number' ? [kernel, kernel] : kernel
    return { weight: this.weight(name, [outputs, inputs, ...size]), bias: zeros([outputs]) }
  }
}

/** Weights [out, in] or [out, in, kh, kw], and biases [out]. */
export type Linear<L> = { readonly weight: L; readonly bias: L }
