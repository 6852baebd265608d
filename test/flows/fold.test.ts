import { describe, expect, it } from 'vitest'
import {
  foldedSample,
  foldRealNvp,
  type RealNvpParams,
  realNvp,
  type SampleLayout,
  spline,
} from '../../src/flows/index.ts'
import {
  flatten,
  jit,
  mapArrays,
  type NdArray,
  ndarray,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import type { Float } from '../contract/lists/flows.ts'
import { moved, values } from '../exact/flow-contract.ts'
import { expectClose } from '../numbers.ts'

/** Parameters away from the start in every leaf, in a precision. */
const paramsOf = (flow: ReturnType<typeof realNvp>, dtype: Float): RealNvpParams<NdArray> => {
  const flat = flatten(moved(flow, dtype))
  return mapArrays((_leaf, path) => flat[path], flow.init(0))
}

const as = (dtype: Float, array: NdArray): NdArray => ndarray(toNumbers(array), array.shape, dtype)

const both = async (
  {
    size,
    steps,
    dtype,
    observations,
    draws,
  }: Record<'size' | 'steps' | 'observations' | 'draws', number> & {
    dtype: Float
  },
  layout?: SampleLayout,
) => {
  const m = 3
  const flow = realNvp({ size, condition: m, steps, hidden: 7 })
  const params = paramsOf(flow, dtype)
  const y = as(dtype, values('y', [observations, m]))
  const z = as(dtype, values('z', [observations * draws, size]))
  const each = ndarray(
    Array.from({ length: observations * draws }, (_, i) =>
      toNumbers(y).slice(m * Math.floor(i / draws), m * (Math.floor(i / draws) + 1)),
    ).flat(),
    [observations * draws, m],
    dtype,
  )
  const plain = jit((p: RealNvpParams<Tensor>, y: Tensor, z: Tensor) => {
    const { x, logdet } = flow.sample(p, y, z)
    return { x, logdet }
  })
  const folded = foldRealNvp(flow, params)
  const fast = jit((y: Tensor, z: Tensor) => foldedSample(folded, y, z, layout))
  return { want: await plain(params, each, z), got: await fast(y, z), folded }
}

describe('a folded flow', () => {
  it.each([
    { size: 6, steps: 3, observations: 1, draws: 5 },
    { size: 7, steps: 2, observations: 1, draws: 5 },
    { size: 2, steps: 1, observations: 1, draws: 1 },
    { size: 6, steps: 3, observations: 4, draws: 3 },
    { size: 9, steps: 4, observations: 3, draws: 1 },
  ])('draws what the flow draws: $size entries, $steps steps, $observations × $draws', async (sizes) => {
    for (const layout of ['rows', 'columns', undefined] as const) {
      const { want, got } = await both({ ...sizes, dtype: 'float64' }, layout)
      expectClose(toNumbers(got.x), toNumbers(want.x), 1e-12)
      expectClose(toNumbers(got.logdet), toNumbers(want.logdet), 1e-12)
    }
  })

  it('draws it in float32 too', async () => {
    const { want, got } = await both({ size: 20, steps: 8, observations: 1, draws: 16, dtype: 'float32' })
    expectClose(toNumbers(got.x), toNumbers(want.x), 1e-5)
    expectClose(toNumbers(got.logdet), toNumbers(want.logdet), 1e-5)
  })

  it('gathers once for each step when n is even', async () => {
    const { folded } = await both({ size: 6, steps: 3, observations: 1, draws: 1, dtype: 'float32' })
    const kinds = folded.couplings.map(({ arrival }) => arrival.kind)
    expect(kinds).toEqual(['gather', 'swap', 'gather', 'swap', 'gather', 'swap'])
  })

  it('needs no offset when ActNorm has none', () => {
    const flow = realNvp({ size: 4, condition: 2, steps: 2 })
    expect(foldRealNvp(flow, flow.init(0)).offset).toBeUndefined()
  })

  it('refuses splines, and observations that do not divide the draws', async () => {
    const flow = realNvp({ size: 4, condition: 2, steps: 1, transform: spline() })
    expect(() => foldRealNvp(flow, flow.init(0))).toThrow(/must be affine, got spline/)
    const plain = realNvp({ size: 4, condition: 2, steps: 1 })
    const folded = foldRealNvp(plain, plain.init(0))
    const draw = jit((y: Tensor, z: Tensor) => foldedSample(folded, y, z).x)
    await expect(draw(values('y', [2, 2]), values('z', [3, 4]))).rejects.toMatchObject({ code: 'shape' })
  })
})
