import { expect, it } from 'vitest'
import {
  type Flow,
  type FlowConfig,
  flowOf,
  gaussianFlow,
  imageFlow,
  networkFlow,
  realNvp,
  spline,
  withRange,
} from '../../src/flows/index.ts'
import { jit, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { moved, values } from '../exact/flow-contract.ts'

const vector = { size: 6, condition: 3, steps: 2, hidden: 4 }
const image = { event: [1, 4, 4], condition: [1, 4, 4], cells: [2], steps: 2, hidden: 4 }
const levels = { channels: [4], blocks: [1], emb: 4 }
const networks = {
  event: [1, 4, 4],
  condition: [1, 2, 2],
  encoder: { kind: 'unet', io: 3, ...levels },
  coupling: { kind: 'unet', io: 4, ...levels },
} as const
const range = { kind: 'interval', lo: -2, hi: 2 } as const

const cases: { name: string; config: FlowConfig; flow: Flow }[] = [
  { name: 'realNvp', config: { kind: 'realNvp', ...vector }, flow: realNvp(vector) },
  {
    name: 'spline',
    config: { kind: 'realNvp', ...vector, transform: { kind: 'spline', bins: 4, bound: 3 } },
    flow: realNvp({ ...vector, transform: spline({ bins: 4, bound: 3 }) }),
  },
  { name: 'image', config: { kind: 'image', ...image, range }, flow: withRange(imageFlow(image), range) },
  { name: 'network', config: { kind: 'network', ...networks }, flow: networkFlow(networks) },
  {
    name: 'gaussian',
    config: { kind: 'gaussian', size: 6, condition: 3 },
    flow: gaussianFlow({ size: 6, condition: 3 }),
  },
]

it('names the kind that was meant', () => {
  expect(() => flowOf(JSON.parse('{ "kind": "realnvp", "size": 2, "condition": 1 }'))).toThrow(
    /^unknown kind of flow 'realnvp'; did you mean 'realNvp'\?$/,
  )
})

it.each(cases)('$name: the flow that its configuration describes', async ({ config, flow }) => {
  const same = flowOf(config)
  const [y, z] = [values('y', [2, ...flow.condition]), values('z', [2, ...flow.event])]
  const [a, b] = await Promise.all(
    [flow, same].map((f) =>
      jit((p: Parameters<Flow['sample']>[0], y: Tensor, z: Tensor) => f.sample(p, y, z).x)(moved(f), y, z),
    ),
  )
  expect(toNumbers(b)).toEqual(toNumbers(a))
})
