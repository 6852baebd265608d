/** Sums and means of blocked values: over channels, over pixels, over pixels and batch, over everything. */
import { full } from '../ndarray.ts'
import type { Tensor } from '../tensor.ts'
import { type Blocked, type Held, pixel, plain, type Rule, type Rules } from './blocked.ts'
import { channelSum } from './blocked-norm.ts'

/** [B, C] sums over the pixels, row-major, by a matrix product with equal entries. */
const pixelSums = (x: Tensor, factor: number, b: Blocked): string => {
  const [batch, c, h, w] = x.shape
  const pixels = b.reshape(b.blocked(x), [(batch * c) / b.n, h * w, b.n])
  const sums = b.emit.node('MatMul', [b.constant(full([1, h * w], factor)), pixels])
  return b.reshape(sums, [batch, c])
}

const over = (node: Tensor, factor: number, b: Blocked): Held | undefined => {
  const [x] = node.inputs
  const { axes, keepdims } = node.attrs
  if (b.kindOf(x) !== 'blocked' || typeof axes !== 'object') return undefined
  const [batch, c] = x.shape
  const shaped = (name: string) => plain(b.reshape(name, node.shape))
  switch (axes.join()) {
    case '1':
      return keepdims ? pixel(channelSum(b.blocked(x), c, factor, b)) : undefined
    case '2,3':
      return shaped(pixelSums(x, factor, b))
    case '0,2,3': {
      const sums = pixelSums(x, factor, b)
      return shaped(b.emit.node('MatMul', [b.constant(full([1, batch], 1)), sums]))
    }
    case '0,1,2,3':
      return plain(b.emit.renamed(new Map([[x, b.blocked(x)]]), () => node.op.lower(node, b.emit)))
    default:
      return undefined
  }
}

const sum: Rule = (node, b) => over(node, 1, b)
const mean: Rule = (node, b) => {
  const { axes } = node.attrs
  const count = typeof axes === 'object' ? axes.reduce((n, a) => n * node.inputs[0].shape[a], 1) : 1
  return over(node, 1 / count, b)
}

export const reduceRules: Rules = { sum, mean }
