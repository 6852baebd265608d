import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { InferenceSession } from 'onnxruntime-node'
import { expect, test } from 'vitest'
import {
  add,
  jit,
  matmul,
  mean,
  type NdArray,
  ndarray,
  rematerialise,
  square,
  sum,
  type Tensor,
  tanh,
  toNumbers,
  valueAndGrad,
} from '../../src/tensor/index.ts'
import { uniform } from '../contract/grid.ts'
import { countNodes } from './model.ts'

const BLOCKS = 4

/** Each block computes tanh three times. */
const block = ({ h, w }: { h: Tensor; w: Tensor }): Tensor => {
  let y = h
  for (let i = 0; i < 3; i++) y = tanh(matmul(y, w))
  return add(h, y)
}

const network =
  (apply: (x: { h: Tensor; w: Tensor }) => Tensor, reduce: (x: Tensor) => Tensor) =>
  (weights: Tensor[], x: Tensor): Tensor =>
    reduce(weights.reduce((h, w) => apply({ h, w }), x))

const kept = (reduce: (x: Tensor) => Tensor) =>
  jit((weights: Tensor[], x: Tensor) => valueAndGrad(network(block, reduce))(weights, x))
const recomputed = (reduce: (x: Tensor) => Tensor) =>
  jit((weights: Tensor[], x: Tensor) =>
    valueAndGrad(network((inputs) => rematerialise(block, inputs), reduce))(weights, x),
  )

const weights: NdArray[] = Array.from({ length: BLOCKS }, (_, i) => ndarray(uniform(i, 36, -1, 1), [6, 6]))
const x = ndarray(uniform(99, 24, -1, 1), [4, 6])

test('same value and gradients', async () => {
  const loss = (y: Tensor) => mean(square(y))
  const [[a, da], [b, db]] = [await kept(loss)(weights, x), await recomputed(loss)(weights, x)]
  expect(toNumbers(b)).toEqual(toNumbers(a))
  for (const [i, g] of da.entries()) {
    for (const [j, value] of toNumbers(g).entries()) expect(toNumbers(db[i])[j]).toBeCloseTo(value, 5)
  }
})

/** The program after ONNX Runtime's own optimisations. */
const optimised = async (model: Uint8Array): Promise<Uint8Array> => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-model-'))
  try {
    const path = join(folder, 'optimised.onnx')
    const session = await InferenceSession.create(model, {
      graphOptimizationLevel: 'all',
      optimizedModelFilePath: path,
      logSeverityLevel: 4,
    })
    await session.release()
    return readFileSync(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test.each([
  { title: 'a cotangent that depends on the data', reduce: (y: Tensor) => mean(square(y)) },
  { title: 'a cotangent that is a constant', reduce: (y: Tensor) => sum(y) },
])('ONNX Runtime computes each block twice: $title', async ({ reduce }) => {
  const once = await kept(reduce).onnx(weights, x)
  const twice = await recomputed(reduce).onnx(weights, x)
  expect(countNodes(once, 'Tanh')).toBe(3 * BLOCKS)
  expect(countNodes(twice, 'Tanh')).toBe(6 * BLOCKS)
  expect(countNodes(await optimised(once), 'Tanh')).toBe(3 * BLOCKS)
  expect(countNodes(await optimised(twice), 'Tanh')).toBe(6 * BLOCKS)
})

test('the peak of memory is lower', async () => {
  const script = fileURLToPath(new URL('./rematerialise-child.ts', import.meta.url))
  const peak = async (mode: string): Promise<number> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, mode])
    return Number(stdout) / 1024
  }
  const [high, low] = [await peak('kept'), await peak('rematerialised')]
  expect(high - low, `${high} MiB and ${low} MiB`).toBeGreaterThan(80)
})
