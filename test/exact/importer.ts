/**
 * Networks that PyTorch exported to ONNX, read back: outputs and gradients beside PyTorch's own in float64
 * (test/tensor/onnx-import/fixtures/make-onnx.py).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { network } from '../../src/nn/index.ts'
import { type ImportedNetwork, importedNetwork } from '../../src/run/import/imported-network.ts'
import { frozen, jit, ndarray, type Tensor, toNumbers, vjp } from '../../src/tensor/index.ts'
import { wave } from '../numbers.ts'
import { atMost, type Gate } from './gate.ts'

const fixtures = join(import.meta.dirname, '../tensor/onnx-import/fixtures')

/** Bytes of an exported network, by name. */
export const exported = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(fixtures, `${name}.onnx`)))

/** The exported networks. */
export const exportedNames = ['mlp', 'unet', 'diem-unet'] as const

interface Answer {
  readonly shape: readonly number[]
  readonly labels: readonly number[]
  readonly y: readonly number[]
  readonly dx: readonly number[]
}

const answers: Readonly<Record<string, Answer>> = JSON.parse(
  readFileSync(join(fixtures, 'torch.json'), 'utf8'),
)

/** The largest difference, relative to the largest number above 1. */
const farthest = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length
    ? Math.max(...a.map((v, i) => Math.abs(v - b[i]))) / Math.max(1, ...b.map(Math.abs))
    : Number.POSITIVE_INFINITY

/** How far a network that was read is from PyTorch's. */
export interface Parity {
  readonly read: ImportedNetwork
  /** Outputs, with weights as constants of the program. */
  readonly output: number
  /** Outputs, with weights as its inputs. */
  readonly learned: number
  /** The gradient in x of a weighted sum of the outputs. */
  readonly gradient: number
}

/** Reads an exported network and compares. */
export const parityWith = async (name: (typeof exportedNames)[number]): Promise<Parity> => {
  const { shape, labels, y, dx } = answers[name]
  const read = importedNetwork(exported(name))
  const { apply } = network(read.net)
  const run = jit((x: Tensor, t: Tensor, v: Tensor, params: Readonly<Record<string, Tensor>>) => {
    const [constant, learned] = [apply(frozen(read.params), x, t), apply(params, x, t)]
    return { constant, learned, dx: vjp(constant, x, v) }
  })
  const x = ndarray(wave(y.length, 0.5), shape)
  const found = await run(x, ndarray(labels), ndarray(wave(y.length, 1.5), shape), read.params)
  await run.release()
  return {
    read,
    output: farthest(toNumbers(found.constant), y),
    learned: farthest(toNumbers(found.learned), y),
    gradient: farthest(toNumbers(found.dx), dx),
  }
}

/** Import: every exported network, values to 1e-5 and gradients to 1e-4. */
export const importerGates = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const name of exportedNames) {
    const { output, learned, gradient } = await parityWith(name)
    gates.push(
      atMost(`import ${name}: outputs beside PyTorch`, Math.max(output, learned), 1e-5),
      atMost(`import ${name}: gradient beside PyTorch`, gradient, 1e-4),
    )
  }
  return gates
}
