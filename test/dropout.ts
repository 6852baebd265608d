/** Dropout of tests: with given masks, and which masks a network asks for. */
import type { Network, Training } from '../src/nn/index.ts'
import { input, mul, type Shape, type Tensor, toTensors } from '../src/tensor/index.ts'

/** Dropout with a given mask for each layer, in the shape of its features. */
export const givenDropout = (keep: readonly Tensor[]): Training => ({
  zeroed: (y, { layer }) => mul(y, keep[layer]),
})

/** The shapes of the features that a network drops out, by its layers, for an input of a shape. */
export const dropoutShapes = (net: Network, shape: Shape): readonly Shape[] => {
  const shapes: Shape[] = []
  const params = toTensors(net.init(0), (leaf) =>
    typeof leaf === 'number' ? input('float32', []) : input(leaf.dtype, leaf.shape),
  )
  net.apply(params, input('float32', shape), input('float32', shape.slice(0, 1)), {
    zeroed: (y, { layer }) => {
      shapes[layer] = y.shape
      return y
    },
  })
  return shapes
}
