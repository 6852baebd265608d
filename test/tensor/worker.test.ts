import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  add,
  exp,
  full,
  item,
  jit,
  matmul,
  mul,
  ndarray,
  rows,
  scalar,
  sum,
  type Tensor,
  take,
  tanh,
  toNumbers,
  valueAndGrad,
  zeros,
} from '../../src/tensor/index.ts'

/** A few hundred milliseconds of work in one run. */
const heavy = (x: Tensor): Tensor => {
  let y = x
  for (let i = 0; i < 24; i++) y = tanh(matmul(y, add(x, i)))
  return sum(y)
}

describe('a program in a worker thread', () => {
  test('gives what it gives here', async () => {
    const loss = (p: { w: Tensor }, x: Tensor) => sum(exp(mul(p.w, x)))
    const fn = (p: { w: Tensor }, x: Tensor) => valueAndGrad(loss)(p, x)
    const [here, valid] = [jit(fn), jit(fn, { worker: true })]
    const args = [{ w: ndarray([0.1, 0.2, 0.3]) }, rows(ndarray([9, 9, 9, 1, 2, 3], [2, 3]), 1, 2)] as const
    expect(await valid(...args)).toEqual(await here(...args))
    expect(await valid(...args)).toEqual(await here(...args))
    await valid.release()
  })

  test('answers overlapping questions in order', async () => {
    const program = jit((x: Tensor) => mul(x, 2), { worker: true })
    const results = await Promise.all([1, 2, 3, 4, 5].map((v) => program(scalar(v))))
    expect(results.map(item)).toEqual([2, 4, 6, 8, 10])
    await program.release()
  })

  test('leaves the event loop of the caller free', async () => {
    const x = full([768, 768], 0.001)
    const longestPause = async (worker: boolean): Promise<{ pause: number; whole: number }> => {
      const program = jit(heavy, { worker, threads: 1 })
      await program(x)
      let [last, pause] = [performance.now(), 0]
      const timer = setInterval(() => {
        pause = Math.max(pause, performance.now() - last)
        last = performance.now()
      }, 1)
      const start = performance.now()
      await program(x)
      const whole = performance.now() - start
      pause = Math.max(pause, performance.now() - last)
      clearInterval(timer)
      await program.release()
      return { pause, whole }
    }
    const valid = await longestPause(true)
    expect(valid.whole).toBeGreaterThan(40)
    expect(valid.pause).toBeLessThan(valid.whole / 2)
    const here = await longestPause(false)
    expect(here.pause).toBeGreaterThan(here.whole / 2)
  })

  test('passes errors of a run on and stays usable', async () => {
    const program = jit((x: Tensor, i: Tensor) => take(x, i), { worker: true })
    const x = ndarray([1, 2, 3])
    await expect(program(x, ndarray([7], [1], 'int64'))).rejects.toThrow('out of data bounds')
    expect(toNumbers(await program(x, ndarray([2], [1], 'int64')))).toEqual([3])
    await program.release()
  })

  test('release during a run rejects it, at whatever moment, and harms nobody', async () => {
    const x = zeros([768, 768])
    for (const milliseconds of [0, 3, 10, 20, 40]) {
      const program = jit(heavy, { worker: true, threads: 1 })
      await program(x)
      const running = program(x).then(
        () => 'done before',
        (error: unknown) => error,
      )
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      await program.release()
      const result = await running
      if (milliseconds === 0) expect(result).toMatchObject({ name: 'TweedieError', code: 'interrupted' })
      else if (result !== 'done before') expect(result).toMatchObject({ code: 'interrupted' })
    }
  })

  test('does not keep the process alive', async () => {
    const script = fileURLToPath(new URL('./worker-child.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
      timeout: 30_000,
    })
    expect(stdout).toBe('8')
  })
})
