/** Ops that move whole blocks: resampling, joining and cutting along batch and channels. */
import { full } from '../ndarray.ts'
import type { Tensor } from '../tensor.ts'
import { blocked, type Rule, type Rules } from './blocked.ts'
import { cutBack, pooledBack } from './blocked-conv.ts'

const factorOf = (node: Tensor): readonly number[] =>
  typeof node.attrs.factor === 'object' ? node.attrs.factor : [1, 1]

const upsample: Rule = (node, b) => {
  const [x] = node.inputs
  if (!b.fits(x) || b.kindOf(x) !== 'blocked') return undefined
  return blocked(
    b.node('Upsample', [b.blocked(x)], {
      scales: { ints: [1, 1, ...factorOf(node)] },
      mode: { text: 'nearest' },
      coordinate_transformation_mode: { text: 'asymmetric' },
    }),
  )
}

/** A depthwise convolution with ones, unless the convolution before can do it. */
const sumPool: Rule = (node, b) => {
  const [x] = node.inputs
  const inside = pooledBack(node, b)
  if (inside) return inside
  if (!b.fits(x) || b.kindOf(x) !== 'blocked') return undefined
  const cell = factorOf(node)
  const [, c] = x.shape
  const ones = b.constant(full([c, 1, ...cell], 1))
  return blocked(b.conv([b.blocked(x), ones], { kernel: cell, stride: cell, group: c }))
}

const concat: Rule = (node, b) => {
  const { inputs, attrs } = node
  if ((attrs.axis !== 0 && attrs.axis !== 1) || !inputs.every((t) => b.fits(t))) return undefined
  if (!inputs.some((t) => b.kindOf(t) === 'blocked')) return undefined
  const names = new Map(inputs.map((t) => [t, b.blocked(t)] as const))
  return blocked(b.emit.renamed(names, () => node.op.lower(node, b.emit)))
}

/** Contiguous samples and whole blocks of channels, all pixels. */
const slice: Rule = (node, b) => {
  const [x] = node.inputs
  const inside = cutBack(node, b)
  if (inside) return inside
  const { starts, steps } = node.attrs
  if (b.kindOf(x) !== 'blocked' || !b.fits(node) || typeof starts !== 'object' || typeof steps !== 'object')
    return undefined
  const whole = [2, 3].every((i) => node.shape[i] === x.shape[i]) && starts[1] % b.n === 0 && steps[1] === 1
  if (!whole) return undefined
  return blocked(b.emit.renamed(new Map([[x, b.blocked(x)]]), () => node.op.lower(node, b.emit)))
}

export const resampleRules: Rules = { upsample, sumPool, concat, slice }
