/** Flows in use, as data. A new flow joins the list; no kind may be without a case. */
import { type Flow, type FlowConfig, flowOf, type GaussianBase } from '../../../src/flows/index.ts'
import type { Shape } from '../../../src/tensor/index.ts'

/** Element types in which flows are checked. */
export type Float = 'float32' | 'float64'

/** A flow, and what x may be. */
export interface ListedFlow {
  readonly name: string
  readonly config: FlowConfig
  readonly flow: Flow
  readonly dtypes: readonly Float[]
  /**
   * Where to look for the inverse error. Rounding x near the border of a range moves z by any amount: such a
   * flow is judged by x → z → x.
   */
  readonly bordered?: boolean
  /** Half-width of the interval in which x lies. */
  readonly within?: number
}

const both: readonly Float[] = ['float32', 'float64']

/** Convolutions exist in float32 only. */
const single: readonly Float[] = ['float32']

const listed = (
  name: string,
  config: FlowConfig,
  dtypes: readonly Float[],
  rest: Pick<ListedFlow, 'bordered' | 'within'> = {},
): ListedFlow => ({ name, config, flow: flowOf(config), dtypes, ...rest })

const vector = { kind: 'realNvp', size: 6, condition: 3, steps: 4, hidden: 8 } as const

const small = { channels: [4], blocks: [1], emb: 4 }
const twoLevels = { channels: [4, 4], blocks: [1, 1], emb: 4 }

/** A flow of small networks over `channels` channels, given one. */
const ofNetworks = (
  kind: 'unet' | 'unet1d',
  [channels, ...space]: Shape,
  steps: number,
  base?: GaussianBase,
  levels: typeof small = small,
): FlowConfig => ({
  kind: 'network',
  event: [channels, ...space],
  condition: [1, ...space],
  encoder: { kind, io: 3, ...levels },
  coupling: { kind, io: 3 + channels, ...levels },
  steps,
  base,
})

/** Flows over events that are small enough for a dense Jacobian. */
export const flows: readonly ListedFlow[] = [
  listed('realNvp', vector, both),
  listed('realNvp, odd', { kind: 'realNvp', size: 7, condition: 2, steps: 3, hidden: 5 }, both),
  listed(
    'spline',
    { kind: 'realNvp', size: 5, condition: 3, steps: 2, hidden: 8, transform: { kind: 'spline' } },
    both,
  ),
  listed('gaussianFlow', { kind: 'gaussian', size: 6, condition: 4 }, both),
  listed('realNvp, positive', { ...vector, range: { kind: 'positive' } }, both, { bordered: true }),
  listed('realNvp, interval', { ...vector, range: { kind: 'interval', lo: -2, hi: 2 } }, both, {
    bordered: true,
  }),
  listed(
    'imageFlow',
    { kind: 'image', event: [1, 4, 4], condition: [2, 4, 4], cells: [2, 2], steps: 3, hidden: 6 },
    single,
  ),
  listed(
    'imageFlow, odd channels, coarse y',
    { kind: 'image', event: [3, 2, 4], condition: [1, 1, 2], cells: [1, 2], steps: 2, hidden: 6 },
    single,
  ),
  listed('networkFlow, images', ofNetworks('unet', [2, 2, 3], 4), single),
  listed(
    'networkFlow, images that levels do not divide',
    ofNetworks('unet', [1, 3, 3], 2, undefined, twoLevels),
    single,
  ),
  listed(
    'networkFlow, from the posterior of a fit',
    ofNetworks('unet', [1, 2, 4], 2, {
      variance: 0.5,
      rank: 3,
      observed: { noise: 0.3, masked: false },
    }),
    single,
  ),
  listed('networkFlow, curves', ofNetworks('unet1d', [1, 5], 3), single),
  listed('realNvp, beside entries that are not there', { ...vector, outside: [1, 4, 5] }, both),
  listed(
    'gaussianFlow, beside entries that are not there',
    { kind: 'gaussian', size: 6, condition: 4, outside: [0, 5] },
    both,
  ),
  listed(
    'networkFlow, beside entries that are not there',
    { ...ofNetworks('unet', [2, 2, 3], 4), outside: [1, 5, 7, 11] },
    single,
  ),
  listed(
    'networkFlow, from the posterior of a fit, beside padding',
    {
      ...ofNetworks('unet1d', [1, 6], 2, {
        variance: 0.5,
        rank: 3,
        observed: { noise: 0.3, masked: false },
      }),
      outside: [4, 5],
    },
    single,
  ),
]

/** The same over two entries, whose densities can be summed on a grid. */
export const planar: readonly ListedFlow[] = [
  listed('realNvp', { kind: 'realNvp', size: 2, condition: 2, steps: 3, hidden: 6 }, ['float64']),
  listed(
    'spline',
    {
      kind: 'realNvp',
      size: 2,
      condition: 2,
      steps: 2,
      hidden: 6,
      transform: { kind: 'spline', bins: 6, bound: 3 },
    },
    ['float64'],
  ),
  listed('gaussianFlow', { kind: 'gaussian', size: 2, condition: 1 }, ['float64']),
  listed(
    'realNvp, interval',
    {
      kind: 'realNvp',
      size: 2,
      condition: 2,
      steps: 2,
      hidden: 6,
      range: { kind: 'interval', lo: -3, hi: 3 },
    },
    ['float64'],
    { within: 3 },
  ),
  listed(
    'imageFlow',
    { kind: 'image', event: [2, 1, 1], condition: [1, 1, 1], cells: [1], steps: 4, hidden: 6 },
    single,
  ),
  listed('networkFlow', ofNetworks('unet1d', [1, 2], 4), single),
]
