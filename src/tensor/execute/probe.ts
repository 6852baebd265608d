/** The block of channels that this CPU's convolutions use: found by running one. */

import { topological } from '../gradient.ts'
import type { NdArray } from '../ndarray.ts'
import { ndarray } from '../ndarray.ts'
import { blockedLowering, cpuLowering } from '../onnx/cpu.ts'
import { Emitter, type Lowering } from '../onnx/emitter.ts'
import { Readers } from '../onnx/readers.ts'
import { conv2d } from '../ops/conv.ts'
import { constant, type Tensor } from '../tensor.ts'
import { openSession } from './session.ts'

/** AVX-512 has blocks of 16, AVX2 and NEON of 8 or 16. */
const CANDIDATES = [16, 8]

const image = (shape: readonly number[], seed: number): NdArray => {
  const size = shape.reduce((a, d) => a * d, 1)
  return ndarray(
    Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i)),
    shape,
  )
}

const run = async (y: Tensor, lowering: Lowering): Promise<NdArray> => {
  const emitter = new Emitter(lowering)
  for (const node of topological([y])) emitter.value(node)
  const session = await openSession(emitter.finish(new Map([['y', y]]), {}), { threads: 1, spinning: false })
  const { y: result } = await session.run({})
  await session.release()
  return result
}

const agrees = async (n: number): Promise<boolean> => {
  const x = constant(image([2, 2 * n, 5, 4], 0))
  const w = constant(image([2 * n, 2 * n, 3, 3], 1))
  const y = conv2d(x, w, { padding: 1 })
  try {
    const readers = new Readers(topological([y]))
    const [got, want] = [await run(y, blockedLowering(n, readers)), await run(y, cpuLowering(readers))]
    return got.data.every((v, i) => Math.abs(Number(v) - Number(want.data[i])) < 1e-3)
  } catch {
    return false // another block size, or a build without these kernels: the plain layout serves
  }
}

let known: Promise<number | undefined> | undefined

const find = async (): Promise<number | undefined> => {
  for (const n of CANDIDATES) if (await agrees(n)) return n
  return undefined
}

/** The block size, or undefined where only the plain layout works. Probed once in a process. */
export const channelBlock = (): Promise<number | undefined> => {
  known ??= find()
  return known
}
