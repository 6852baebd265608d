import { expect, test } from 'vitest'
import { maskedBy, residualProgram, residualsOfDraws, unchanged } from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'

const shape = [70, 1, 4, 4]
const x = normal(stream(0, 'x'), shape)
const mask = ndarray(toNumbers(bernoulli(stream(0, 'mask'), 0.5, shape)), shape)
const z = normal(stream(0, 'z'), shape)
const times = (a: NdArray<'float32'>, fn: (v: number, i: number) => number) =>
  new NdArray('float32', a.shape, a.data.map(fn))

test('residuals of the truth are the noise, in its units, over several batches', async () => {
  const y = times(x, (v, i) => mask.data[i] * (v + 0.5 * z.data[i]))
  const program = residualProgram({ y, operator: maskedBy(mask, [1, 4, 4]), noise: 0.5, range: [0, 1] })
  const r = await program.of(x)
  for (const [i, v] of toNumbers(r).entries()) expect(v).toBeCloseTo(mask.data[i] * z.data[i], 5)
  expect(toNumbers((await program.observed()) ?? x)).toEqual(toNumbers(mask))
  const draws = new NdArray('float32', [2, ...shape], Float32Array.of(...x.data, ...y.data))
  const both = toNumbers(await residualsOfDraws(program, draws))
  expect(both.slice(0, x.size)).toEqual(toNumbers(r))
  expect(both.slice(x.size).every((v) => Math.abs(v) < 1e-6)).toBe(true)
  await program.release()
})

test('noise that differs between entries is their unit', async () => {
  const std = times(x, (_, i) => 0.1 + (i % 3))
  const y = times(x, (v, i) => v + std.data[i] * z.data[i])
  const program = residualProgram({ y, operator: unchanged([1, 4, 4]), noise: 1, std, range: [0, 1] })
  for (const [i, v] of toNumbers(await program.of(x)).entries()) expect(v).toBeCloseTo(z.data[i], 4)
  await program.release()
})
