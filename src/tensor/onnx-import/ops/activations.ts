/** Activations, and dropout in inference. */
import {
  add,
  elu,
  gelu,
  greater,
  leakyRelu,
  logSoftmax,
  maximum,
  minimum,
  mul,
  relu,
  reshape,
  softmax,
  softplus,
  square,
  tanh,
  where,
} from '../../ops/index.ts'
import type { Tensor } from '../../tensor.ts'
import type { Rule, Rules, Site } from '../site.ts'

/** 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks & Gimpel 2016). */
const tanhGelu = (x: Tensor): Tensor => {
  const inner = mul(add(x, mul(mul(square(x), x), 0.044715)), Math.sqrt(2 / Math.PI))
  return mul(mul(x, 0.5), add(tanh(inner), 1))
}

const hardSigmoid = (x: Tensor, alpha: number, beta: number): Tensor =>
  minimum(maximum(add(mul(x, alpha), beta), 0), 1)

/** Up to operator set 12 over all axes from `axis` on, then along that one. */
const along =
  (fn: (x: Tensor, axis: number) => Tensor): Rule =>
  (site: Site) => {
    const x = site.input(0)
    if (site.opset >= 13) return fn(x, site.axis(x.shape.length, -1))
    const axis = site.axis(x.shape.length, 1)
    if (axis === x.shape.length - 1) return fn(x, axis)
    const flat = reshape(x, [...x.shape.slice(0, axis), -1])
    return reshape(fn(flat, axis), x.shape)
  }

/** Only in inference, where it does nothing. */
const dropout = (site: Site): Tensor => {
  if (site.maybe(2) && site.numbers(2)[0] !== 0) site.refuse('dropout of training; export with model.eval()')
  return site.input(0)
}

export const activations: Rules = {
  Relu: (site) => relu(site.input(0)),
  LeakyRelu: (site) => leakyRelu(site.input(0), site.float('alpha', 0.01)),
  PRelu: (site) => {
    const [x, slope] = [site.input(0), site.input(1)]
    return where(greater(x, 0), x, mul(x, slope))
  },
  Elu: (site) => {
    const [x, alpha] = [site.input(0), site.float('alpha', 1)]
    return where(greater(x, 0), x, mul(elu(x), alpha))
  },
  Selu: (site) => {
    const [alpha, gamma] = [site.float('alpha', 1.6732631921768188), site.float('gamma', 1.0507010221481323)]
    const x = site.input(0)
    return mul(where(greater(x, 0), x, mul(elu(x), alpha)), gamma)
  },
  Softplus: (site) => softplus(site.input(0)),
  Mish: (site) => mul(site.input(0), tanh(softplus(site.input(0)))),
  Gelu: (site) => (site.text('approximate', 'none') === 'tanh' ? tanhGelu : gelu)(site.input(0)),
  HardSigmoid: (site) => hardSigmoid(site.input(0), site.float('alpha', 0.2), site.float('beta', 0.5)),
  HardSwish: (site) => mul(site.input(0), hardSigmoid(site.input(0), 1 / 6, 0.5)),
  Softmax: along(softmax),
  LogSoftmax: along(logSoftmax),
  Dropout: dropout,
}
