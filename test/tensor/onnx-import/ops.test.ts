/** Every op that is read, beside ONNX Runtime's own run of the same file. */
import { describe, expect, it } from 'vitest'
import {
  decodeModel,
  jit,
  loadProgram,
  NdArray,
  ndarray,
  readGraph,
  type Tensor,
  toNumbers,
} from '../../../src/tensor/index.ts'
import { rules } from '../../../src/tensor/onnx-import/table.ts'
import { distance } from '../../numbers.ts'
import { type OnnxCase, onnxCases } from './cases.ts'
import { modelOf, node } from './models.ts'

/** Ops whose further inputs are settings. */
const SETTINGS = ['Resize', 'Upsample']

/**
 * The file of a case, what its run is fed with, and its outputs. In the file are lists, single numbers and
 * settings.
 */
const fileOf = ({ op, inputs, attributes, opset, outputs = 1, dtype = 'float32' }: OnnxCase) => {
  const feeds: Record<string, NdArray> = {}
  const constants: Record<string, NdArray> = {}
  const names = inputs.map((value, i) => {
    if (value === undefined) return ''
    const array = value instanceof NdArray ? value : ndarray(value, [value.length], 'int64')
    const fed = value instanceof NdArray && value.size > 1 && !(i > 0 && SETTINGS.includes(op))
    const name = `x${i}`
    ;(fed ? feeds : constants)[name] = array
    return name
  })
  const results = Array.from({ length: outputs }, (_, i) => (i === 0 ? 'y' : `y${i}`))
  const bytes = modelOf({
    nodes: [node(op, names, attributes, results)],
    inputs: feeds,
    constants,
    outputs: results.map((name) => ({ name, dtype, shape: [] })),
    opset,
  })
  return { bytes, feeds, results }
}

describe.each(onnxCases.map((one, i) => [`${one.op} (${i})`, one] as const))('%s', (_, one) => {
  it('is what ONNX Runtime makes of it', async () => {
    const { bytes, feeds, results } = fileOf(one)
    const session = await loadProgram(bytes)
    const wanted = await session.run(feeds)
    const model = decodeModel(bytes)
    const run = jit((given: Readonly<Record<string, Tensor>>) =>
      Object.fromEntries(results.map((name) => [name, readGraph(model, given, name)])),
    )
    const found = await run(feeds)
    for (const name of results) {
      expect(found[name].shape).toEqual(wanted[name].shape)
      expect(found[name].dtype).toBe(wanted[name].dtype)
      expect(distance(toNumbers(found[name]), toNumbers(wanted[name])), name).toBeLessThan(2e-5)
    }
    await session.release()
    await run.release()
  })
})

it('has a case for every rule', () => {
  const tried = new Set(onnxCases.map(({ op }) => op))
  expect(Object.keys(rules).filter((op) => !tried.has(op))).toEqual([])
})
