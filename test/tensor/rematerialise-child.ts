/** Prints the peak memory (KiB) of a gradient through eight blocks, `kept` or `rematerialised`. */
import {
  add,
  full,
  jit,
  mean,
  mul,
  rematerialise,
  sin,
  square,
  type Tensor,
  tanh,
  valueAndGrad,
} from '../../src/tensor/index.ts'

const block = ({ h, w }: { h: Tensor; w: Tensor }): Tensor => {
  let y = h
  for (let i = 0; i < 6; i++) y = tanh(mul(sin(y), w))
  return add(h, y)
}
const apply = process.argv[2] === 'kept' ? block : (x: { h: Tensor; w: Tensor }) => rematerialise(block, x)
const loss = (weights: Tensor[], x: Tensor) => mean(square(weights.reduce((h, w) => apply({ h, w }), x)))
const program = jit((weights: Tensor[], x: Tensor) => valueAndGrad(loss)(weights, x), { threads: 1 })
await program(
  Array.from({ length: 8 }, (_, i) => full([1], 0.5 + i / 20)),
  full([500, 1000], 0.3),
)
process.stdout.write(`${process.resourceUsage().maxRSS}`)
