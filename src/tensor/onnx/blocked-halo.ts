/** Borders around the rows or columns of blocked images: whole blocks are copied. */
import { emitFold, emitHalo } from '../ops/halo.ts'
import type { Tensor } from '../tensor.ts'
import { type Blocked, blocked, type Rule, type Rules } from './blocked.ts'

const onImages =
  (emitted: typeof emitHalo, sizeOf: (node: Tensor, axis: number) => number): Rule =>
  (node, b) => {
    const [x] = node.inputs
    const { axis, beyond } = node.attrs
    if ((axis !== 2 && axis !== 3) || !b.fits(x) || b.kindOf(x) !== 'blocked') return undefined
    const name = emitted(
      cells(x, b),
      axis - 1,
      sizeOf(node, axis),
      beyond === 'wrap' ? 'wrap' : 'edge',
      b.emit,
    )
    return blocked(b.reshape(name, node.shape))
  }

/** [B·C/n, H, W, n]: in memory a blocked image is this. */
const cells = (x: Tensor, b: Blocked): string => {
  const [batch, c, h, w] = x.shape
  return b.reshape(b.blocked(x), [(batch * c) / b.n, h, w, b.n], x.shape)
}

export const haloRules: Rules = {
  halo: onImages(emitHalo, (node, axis) => node.inputs[0].shape[axis]),
  haloFold: onImages(emitFold, (node, axis) => node.shape[axis]),
}
