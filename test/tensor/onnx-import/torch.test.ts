/** Networks that PyTorch exported, beside its own outputs and gradients (fixtures/make-onnx.py). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { network } from '../../../src/nn/index.ts'
import { importedNetwork } from '../../../src/run/import/imported-network.ts'
import { frozen, jit, ndarray, type Tensor, toNumbers, vjp } from '../../../src/tensor/index.ts'
import { wave } from '../../numbers.ts'

const fixtures = join(import.meta.dirname, 'fixtures')

interface Answer {
  readonly shape: readonly number[]
  readonly labels: readonly number[]
  readonly y: readonly number[]
  readonly dx: readonly number[]
}

const golden: Readonly<Record<string, Answer>> = JSON.parse(
  readFileSync(join(fixtures, 'torch.json'), 'utf8'),
)

const farthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((v, i) => Math.abs(v - b[i]))) / Math.max(1, ...b.map(Math.abs))

describe.each(Object.keys(golden))('%s of PyTorch', (name) => {
  const { shape, labels, y, dx } = golden[name]
  const read = importedNetwork(readFileSync(join(fixtures, `${name}.onnx`)))

  it('has the outputs to 1e-5, the gradients to 1e-4, with weights as constants and as inputs', async () => {
    const { apply } = network(read.net)
    const run = jit((x: Tensor, t: Tensor, v: Tensor, params: Readonly<Record<string, Tensor>>) => {
      const [constant, learned] = [apply(frozen(read.params), x, t), apply(params, x, t)]
      return { constant, learned, dx: vjp(constant, x, v) }
    })
    const n = y.length
    const x = ndarray(wave(n, 0.5), shape)
    const found = await run(x, ndarray(labels), ndarray(wave(n, 1.5), shape), read.params)
    expect(farthest(toNumbers(found.constant), y)).toBeLessThan(1e-5)
    expect(farthest(toNumbers(found.learned), y)).toBeLessThan(1e-5)
    expect(farthest(toNumbers(found.dx), dx)).toBeLessThan(1e-4)
  })

  it('has the event of its file, for batches of any size', () => {
    expect(read.event).toEqual(shape.slice(1))
    expect(read.fixedBatch).toBeUndefined()
  })
})
