/** Normalisations, as exporters write them: each is the one of a single axis after a change of shape. */
import { add, layerNorm, mul, reshape, rsqrt, sub } from '../../ops/index.ts'
import type { Tensor } from '../../tensor.ts'
import type { Rules, Site } from '../site.ts'

/** [C] against [B, C, ...points]. */
const perChannel = (t: Tensor, x: Tensor): Tensor => reshape(t, [-1, ...x.shape.slice(2).map(() => 1)])

const scaled = (y: Tensor, scale: Tensor, bias: Tensor | undefined): Tensor =>
  bias ? add(mul(y, scale), bias) : mul(y, scale)

/** Each channel over its points. */
const instance = (site: Site): Tensor => {
  const x = site.input(0)
  const [b, c] = x.shape
  const y = layerNorm(reshape(x, [b, c, -1]), { eps: site.float('epsilon', 1e-5) })
  return scaled(reshape(y, x.shape), perChannel(site.input(1), x), perChannel(site.input(2), x))
}

/** Groups of channels over their points; scales of groups (operator set 18) or of channels (21). */
const group = (site: Site): Tensor => {
  const x = site.input(0)
  const [b, c, ...points] = x.shape
  const groups = site.int('num_groups', 1)
  const y = layerNorm(reshape(x, [b, groups, -1]), { eps: site.float('epsilon', 1e-5) })
  const [scale, bias] = [site.input(1), site.input(2)]
  if (scale.shape[0] === c) return scaled(reshape(y, x.shape), perChannel(scale, x), perChannel(bias, x))
  const each = reshape(y, [b, groups, c / groups, ...points])
  return reshape(scaled(each, perChannel(scale, each), perChannel(bias, each)), x.shape)
}

/** Over the axes from `axis` on. */
const layer = (site: Site): Tensor => {
  const x = site.input(0)
  const axis = site.axis(x.shape.length, -1)
  const y = layerNorm(reshape(x, [...x.shape.slice(0, axis), -1]), { eps: site.float('epsilon', 1e-5) })
  return scaled(reshape(y, x.shape), site.input(1), site.maybe(2))
}

/** By the mean and variance of training, which are weights. */
const batch = (site: Site): Tensor => {
  if (site.int('training_mode', 0) !== 0) site.refuse('in training mode; export with model.eval()')
  const x = site.input(0)
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => perChannel(site.input(i), x))
  const gain = mul(scale, rsqrt(add(variance, site.float('epsilon', 1e-5))))
  return add(mul(x, gain), sub(bias, mul(mean, gain)))
}

export const normalisations: Rules = {
  InstanceNormalization: instance,
  GroupNormalization: group,
  LayerNormalization: layer,
  BatchNormalization: batch,
}
