import { describe, expect, it } from 'vitest'
import {
  add,
  batchInputs,
  conv2d,
  graphCost,
  input,
  matmul,
  type Tensor,
  tanh,
  vjp,
  zeros,
} from '../../src/tensor/index.ts'

const of = (...shape: number[]): Tensor => input('float32', shape)

describe('the cost of a graph', () => {
  it('counts two operations for each product of a matrix product and of its gradients', () => {
    const [a, b, g] = [of(64, 32), of(32, 16), of(64, 16)]
    const y = matmul(a, b)
    const product = 2 * 64 * 32 * 16
    expect(graphCost([y]).flops).toBe(product)
    expect(graphCost([y, ...vjp(y, [a, b], g)]).flops).toBe(3 * product)
  })

  it('counts those of a convolution and of its gradients', () => {
    const [x, w, g] = [of(2, 3, 8, 8), of(5, 3, 3, 3), of(2, 5, 8, 8)]
    const y = conv2d(x, w, { padding: 1 })
    const forward = 2 * (2 * 5 * 8 * 8) * (3 * 3 * 3)
    expect(graphCost([y]).flops).toBe(forward)
    expect(graphCost(vjp(y, [x, w], g)).flops).toBe(2 * forward)
  })

  it('keeps what is read again, and nothing else', () => {
    const x = of(10, 10)
    const chain = tanh(tanh(tanh(x))) // in place
    expect(graphCost([chain]).live).toBe(400)
    const products = matmul(matmul(matmul(x, x), x), x) // two at a time
    expect(graphCost([products]).live).toBe(800)
    const [p, q] = [matmul(x, of(10, 10)), matmul(x, of(10, 10))]
    expect(graphCost([add(matmul(p, q), p)]).live).toBe(1200)
    expect(graphCost([p, products]).live).toBe(1200)
  })

  it('tells inputs from results, and counts those that are used', () => {
    const [x, unused] = [of(4, 4), of(100, 100)]
    expect(unused.shape).toEqual([100, 100])
    const { inputs, constants, live } = graphCost([tanh(x)])
    expect({ inputs, constants, live }).toEqual({ inputs: 64, constants: 0, live: 64 })
  })
})

describe('symbolic batches', () => {
  it('grow along the axis that differs between one row and two', () => {
    const made = (rows: number) => ({
      y: zeros([rows, 3]),
      shared: zeros([1, 7]),
      weight: 2,
      last: zeros([5, rows]),
    })
    const batch = batchInputs<Record<'y' | 'shared' | 'weight' | 'last', Tensor>>(made(1), made(2), 256)
    expect(Object.values(batch).map(({ shape }) => shape)).toEqual([[256, 3], [1, 7], [], [5, 256]])
  })
})
