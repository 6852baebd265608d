/** The flow that is taken without a choice: by the network of the prior and what y lies on. */
import { describe, expect, it } from 'vitest'
import { conditionLayout, defaultFlow } from '../../src/amortize/index.ts'
import { flowOf } from '../../src/flows/index.ts'
import { networkFor } from '../../src/nn/index.ts'
import { observe } from '../../src/observations/index.ts'
import { type Shape, zeros } from '../../src/tensor/index.ts'

/** Layout of two observations of signals of that shape. */
const observed = async (event: Shape, operator: { name: string; settings?: Record<string, number> }) =>
  conditionLayout(
    await observe(zeros([2, ...event]), { operator: { settings: {}, ...operator }, noise: 0.1, seed: 0 }),
    true,
  )

const MASK = { name: 'mask', settings: { keep: 0.5 } }

describe('the default flow', () => {
  it('is of splines over vectors', async () => {
    const net = networkFor({ kind: 'mlp' }, [5])
    const flow = defaultFlow({ net, event: [5] }, await observed([5], MASK))
    expect(flow).toMatchObject({ kind: 'realNvp', size: 5, condition: 10, transform: { kind: 'spline' } })
    expect(flowOf(flow).event).toEqual([5])
  })

  it('is of networks over images, with a condition on coarser pixels too', async () => {
    const net = networkFor({ kind: 'unet', channels: [8, 16], blocks: [1, 1] }, [1, 12, 8])
    const prior = { net, event: [1, 12, 8] }
    for (const operator of [MASK, { name: 'pool', settings: { factor: 2 } }]) {
      const flow = defaultFlow(prior, await observed([1, 12, 8], operator))
      expect(flow).toMatchObject({ kind: 'network', encoder: { kind: 'unet', channels: [32, 64] } })
      expect(flowOf(flow).event).toEqual([1, 12, 8])
    }
  })

  it('has one level where the prior has one, so that odd images fit', async () => {
    const net = networkFor({ kind: 'unet', channels: [8], blocks: [1] }, [1, 7, 9])
    const flow = defaultFlow({ net, event: [1, 7, 9] }, await observed([1, 7, 9], MASK))
    expect(flow).toMatchObject({ kind: 'network', encoder: { channels: [32] } })
  })

  it('knows the points that the prior knows', async () => {
    const grid = [6, 12]
    const sphere = networkFor({ kind: 'sphere', grid, channels: [8, 8], blocks: [1, 1] }, [2, 72])
    const winds = defaultFlow({ net: sphere, event: [2, 72] }, await observed([2, 72], MASK))
    expect(winds).toMatchObject({ kind: 'network', encoder: { kind: 'sphere', grid } })
    const mesh = Array.from({ length: 40 }, (_, i) => [Math.cos(i), Math.sin(i), i / 40])
    const graph = networkFor({ kind: 'graph', mesh, k: 4, channels: [8], blocks: [1] }, [1, 40])
    const body = defaultFlow({ net: graph, event: [1, 40] }, await observed([1, 40], MASK))
    expect(body).toMatchObject({ kind: 'network', coupling: { kind: 'graph', mesh, k: 4 } })
  })

  it('is of splines where y does not lie on the points of x', async () => {
    const net = networkFor({ kind: 'unet', channels: [8], blocks: [1] }, [1, 4, 4])
    const flow = defaultFlow(
      { net, event: [1, 4, 4] },
      {
        y: [3],
        beside: { matrix: [3, 16] },
        crossing: 'operator',
      },
    )
    expect(flow).toMatchObject({ kind: 'realNvp', size: 16, condition: 51 })
  })
})
