import { describe, expect, it } from 'vitest'
import { normal, stream } from '../../../src/random/index.ts'
import { inputsOf } from '../../../web/engine/inputs.ts'
import type { Manifest } from '../../../web/engine/manifest.ts'

const manifest = (inputs: Manifest['inputs']): Manifest => ({
  inputs,
  outputs: [{ name: 'x', shape: [2, 3, 1, 2] }],
  draws: 2,
  range: [0, 1],
})

const observed = {
  y: Float32Array.of(1, 0, 2, 0, 3, 0),
  mask: Float32Array.of(1, 0),
  noise: 0.1,
}

describe('the inputs of a sampler', () => {
  it('go by their names, whichever it has: noise too, and a mask for each channel', () => {
    const inputs = inputsOf(
      manifest([
        { name: 'noise', shape: [1] },
        { name: 'mask', shape: [1, 3, 1, 2] },
        { name: 'z', shape: [2, 3, 1, 2] },
      ]),
      observed,
      7,
    )
    expect(Object.keys(inputs)).toEqual(['noise', 'mask', 'z'])
    expect(inputs.noise.data).toEqual(Float32Array.of(0.1))
    expect(inputs.mask.data).toEqual(Float32Array.of(1, 0, 1, 0, 1, 0))
    expect(inputs.z.data).toEqual(normal(stream(7, 'studio z'), [2, 3, 1, 2]).data)
  })

  it('that an observation does not have are refused in one line', () => {
    const kernel = manifest([{ name: 'kernel', shape: [1, 1, 5, 5] }])
    expect(() => inputsOf(kernel, observed, 0)).toThrow("needs 'kernel', which this page does not make")
    const small = manifest([{ name: 'y', shape: [1, 1, 1, 2] }])
    expect(() => inputsOf(small, observed, 0)).toThrow("'y' has 2 entries, the observation 6")
  })
})
