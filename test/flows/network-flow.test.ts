import { describe, expect, it } from 'vitest'
import { type Flow, type FlowParams, type NetworkFlowOptions, networkFlow } from '../../src/flows/index.ts'
import {
  add,
  flatten,
  grad,
  jit,
  mean,
  repeat,
  rows,
  square,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { moved, values } from '../exact/flow-contract.ts'
import { expectClose } from '../numbers.ts'
import { countNodes } from '../tensor/model.ts'

const levels = { channels: [4], blocks: [1], emb: 4 }
const options: NetworkFlowOptions = {
  event: [1, 4, 4],
  condition: [2, 2, 2],
  encoder: { kind: 'unet', io: 3, ...levels },
  coupling: { kind: 'unet', io: 4, ...levels },
  steps: 2,
}
const flow: Flow = networkFlow(options)
const draw = jit((p: Parameters<typeof flow.sample>[0], y: Tensor, z: Tensor) => flow.sample(p, y, z).x)

describe('a flow of networks', () => {
  it('is the identity before it has learned', async () => {
    const z = values('z', [2, 1, 4, 4])
    expectClose(toNumbers(await draw(flow.init(0), values('y', [2, 2, 2, 2]), z)), toNumbers(z), 1e-6)
  })

  it('draws several times from each y, in sequence, as if it had been given as often', async () => {
    const params = moved(flow)
    const [y, z] = [values('y', [2, 2, 2, 2]), values('z', [6, 1, 4, 4])]
    const thrice = await jit((t: Tensor) => repeat(t, 3))(y)
    expectClose(toNumbers(await draw(params, y, z)), toNumbers(await draw(params, thrice, z)), 1e-5)
    const second = await draw(params, rows(y, 1, 2), rows(z, 3, 6))
    expectClose(toNumbers(rows(await draw(params, y, z), 3, 6)), toNumbers(second), 1e-5)
  })

  it('computes blocks of its networks again for their gradients, drawing and inverting', async () => {
    const again = { ...levels, rematerialise: true }
    const twice = networkFlow({
      ...options,
      encoder: { kind: 'unet', io: 3, ...again },
      coupling: { kind: 'unet', io: 4, ...again },
    })
    const gradients = async (own: Flow) => {
      const loss = (p: FlowParams<Tensor>, y: Tensor, z: Tensor): Tensor => {
        const { x, logdet } = own.sample(p, y, z, { training: true })
        return add(mean(square(add(x, own.inverse(p, z, y).z))), mean(logdet))
      }
      const program = jit((p: FlowParams<Tensor>, y: Tensor, z: Tensor) => grad(loss)(p, y, z))
      const args = [moved(own), values('y', [2, 2, 2, 2]), values('z', [2, 1, 4, 4])] as const
      const model = await program.onnx(...args)
      const found = Object.values(flatten(await program(...args))).flatMap(toNumbers)
      await program.release()
      return { found, convolutions: countNodes(model, 'Conv') }
    }
    const [kept, computed] = [await gradients(flow), await gradients(twice)]
    expectClose(computed.found, kept.found, 1e-5)
    expect(computed.convolutions).toBeGreaterThan(kept.convolutions)
  })

  it.each<[string, Partial<NetworkFlowOptions>, RegExp]>([
    ['y elsewhere', { condition: [1, 3, 3] }, /y \[1,3,3\] does not lie on the points \[4,4\] of x/],
    [
      'too few features',
      { encoder: { kind: 'unet', io: 1, ...levels } },
      /needs io \(its features\) of at least 2/,
    ],
    [
      'a coupling of another width',
      { coupling: { kind: 'unet', io: 9, ...levels } },
      /the coupling io of 1 more; got 3 and 9/,
    ],
    ['no couplings', { steps: 0 }, /a positive number of couplings, got \[1,4,4\] and 0/],
  ])('refuses %s', (_, change, says) => {
    expect(() => networkFlow({ ...options, ...change })).toThrow(says)
  })
})
