import { describe, expect, it } from 'vitest'
import { amortizedTasks, observed, sphereTasks, tasksNamed } from '../../src/compare/index.ts'
import { NdArray } from '../../src/tensor/index.ts'

const tasks = { ...amortizedTasks, ...sphereTasks }
const named = (text: string) => tasksNamed({ tasks }, text)

describe('tasks with settings of one’s own', () => {
  it('are the known ones without any', () => {
    expect(named('denoise, sphere-blind')).toEqual([tasks.denoise, tasks['sphere-blind']])
  })

  it('have those of their operator, by a name that says so', () => {
    const [task] = named('sphere-blind:keep=0.7:keepMax=0.7')
    expect(task).toEqual({
      name: 'sphere-blind keep=0.7 keepMax=0.7',
      operator: { name: 'vertices', settings: { keep: 0.7, keepMax: 0.7 }, blind: true },
      noise: 0.05,
    })
  })

  it('tell another noise than there is', async () => {
    const [honest, wrong] = named('denoise:noise=0.2,denoise:noise=0.2:told=0.1')
    const x = new NdArray('float32', [1, 3, 4, 4], new Float32Array(48).fill(0.5))
    const [a, b] = [await observed(honest, x, 3), await observed(wrong, x, 3)]
    expect(b.shown.y).toEqual(a.shown.y)
    expect([a.known.noise, b.known.noise, b.shown.noise]).toEqual([0.2, 0.1, 0.1])
  })

  it.each([
    ['denoize', /unknown task 'denoize'; did you mean 'denoise'/],
    ['denoise:noize=1', /denoise: unknown setting 'noize'; did you mean 'noise'/],
    ['sphere:keep=half', /expected sphere:keep=number, got 'keep=half'/],
    ['denoise:noise=0', /task 'denoise': noise must be positive, got 0/],
    ['denoise:told=-1', /task 'denoise': told must be positive, got -1/],
  ])('refuse %s', (text, message) => {
    expect(() => named(text)).toThrow(message)
  })
})
