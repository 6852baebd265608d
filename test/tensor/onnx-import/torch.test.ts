/** Networks that PyTorch exported, beside its own outputs and gradients (fixtures/make-onnx.py). */
import { describe, expect, it } from 'vitest'
import { exportedNames, parityWith } from '../../exact/importer.ts'

describe.each(exportedNames)('%s of PyTorch', (name) => {
  it('has the outputs to 1e-5, the gradients to 1e-4, for batches of any size', async () => {
    const { read, output, learned, gradient } = await parityWith(name)
    expect(output).toBeLessThan(1e-5)
    expect(learned).toBeLessThan(1e-5)
    expect(gradient).toBeLessThan(1e-4)
    expect(read.fixedBatch).toBeUndefined()
  })
})
