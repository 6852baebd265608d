/**
 * ONNX Runtime 1.30 on WebGPU, in Node and in browsers, computes convolutions wrongly whose input
 * channels are a multiple of 3 above 3 and not of 4 (microsoft/onnxruntime#29651). Channels of zeros
 * bring them to a multiple of 4.
 */
import type { Tensor } from '../tensor.ts'
import type { Emitter } from './emitter.ts'

/** Channels of zeros that make a convolution of so many input channels right. */
const missing = (channels: number): number =>
  channels > 3 && channels % 3 === 0 ? (4 - (channels % 4)) % 4 : 0

/** The convolution with more channels, or undefined where none are missing. */
export const channelsInThrees = (node: Tensor, emit: Emitter): string | undefined => {
  const [x, w] = node.inputs
  const more = missing(x.shape[1])
  if (more === 0) return undefined
  const padded = (t: Tensor) => emit.node('Pad', [emit.value(t), emit.ints([0, 0, 0, 0, 0, more, 0, 0])])
  const names = new Map([x, w].map((t) => [t, padded(t)]))
  return emit.renamed(names, () => node.op.lower(node, emit))
}
