/** Arrays of a user's own as files, for tests of `tweedie observe --observed`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach } from 'vitest'
import { encodeNpy, writeArrays } from '../../../src/formats/index.ts'
import {
  coilSensitivities,
  makeOperator,
  type OperatorSpec,
  type Parameters,
} from '../../../src/operators/index.ts'
import { bernoulli, stream, uniform } from '../../../src/random/index.ts'
import { constant, float32, jit, NdArray, type Tensor } from '../../../src/tensor/index.ts'

/** complex64 from real and imaginary parts: only the header differs from pairs of float32. */
export const complexNpy = (pairs: NdArray<'float32'>): Buffer => {
  const plain = encodeNpy(pairs)
  const start = plain.length - pairs.data.byteLength
  const shape = pairs.shape.slice(0, -1)
  const header = `{'descr': '<c8', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`
  const head = Buffer.from(`${header.padEnd(start - 11)}\n`)
  return Buffer.concat([plain.subarray(0, 10), head, plain.subarray(start)])
}

/** A folder for the tests of a file: `mine.npz`, which they make, is away before each of them. */
export const ownFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-own-'))
  const file = (name: string): string => join(folder, `${name}.npy`)
  afterAll(() => rmSync(folder, { recursive: true }))
  beforeEach(() => rmSync(join(folder, 'mine.npz'), { force: true }))
  return {
    folder,
    save: (name: string, array: NdArray): void => writeArrays(file(name), { array }),
    saveComplex: (name: string, pairs: NdArray<'float32'>): void =>
      writeFileSync(file(name), complexNpy(pairs)),
  }
}

/** [N, 2K, …], real parts first, as pairs [N, K, …, 2]. */
export const pairsOf = (array: NdArray<'float32'>): NdArray<'float32'> => {
  const [n, channels, ...rest] = array.shape
  const size = array.size / n / 2
  const data = Float32Array.from({ length: array.size }, (_, i) => {
    const [row, within] = [Math.floor(i / 2 / size), Math.floor(i / 2) % size]
    return array.data[(2 * row + (i % 2)) * size + within]
  })
  return new NdArray('float32', [n, channels / 2, ...rest, 2], data)
}

export const [N, K, H, W] = [3, 4, 16, 12]
export const x = uniform(stream(0, 'x'), [N, 1, H, W])

/** A x. */
export const through = async (spec: OperatorSpec, parameters: Parameters<NdArray<'float32'>>, of = x) => {
  const fixed = Object.entries(parameters).map(([name, array]) => [name, constant(array)] as const)
  const program = jit((v: Tensor) => makeOperator(spec, Object.fromEntries(fixed), [1, H, W]).apply(v))
  const y = float32(await program(of))
  await program.release()
  return y
}

export const mask = bernoulli(stream(0, 'mask'), 0.6, [N, 1, 1, W])
export const maps = coilSensitivities(K, { height: H, width: W })
export const coils: OperatorSpec = { name: 'coils', settings: {} }
export const line = (rest: string): string => `tweedie observe y.npy --observed ${rest} -o mine.npz`
