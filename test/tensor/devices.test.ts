import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { describe, expect, test } from 'vitest'
import { TweedieError } from '../../src/error.ts'
import { type Device, providerOf } from '../../src/tensor/execute/device.ts'
import { sessionOptions } from '../../src/tensor/execute/session.ts'
import { defaultThreads, exp, item, jit, loadProgram, scalar, type Tensor } from '../../src/tensor/index.ts'
import { opCases } from '../contract/lists/ops/index.ts'
import { distance } from '../numbers.ts'
import { tolerances } from '../tolerances.ts'
import { noSwiftShader, onSwiftShader } from './swiftshader.ts'

const tolerance = tolerances['WebGPU in Node']

describe('the name of a device', () => {
  test.each([
    ['cpu', { name: 'cpu' }],
    ['webgpu', { name: 'webgpu' }],
    ['cuda', { name: 'cuda', deviceId: 0 }],
    ['cuda:0', { name: 'cuda', deviceId: 0 }],
    ['cuda:13', { name: 'cuda', deviceId: 13 }],
  ] as const)('%s is asked of ONNX Runtime as %j alone', (device, provider) => {
    expect(sessionOptions({ device, threads: 1 }, 'all').executionProviders).toEqual([provider])
  })

  test.each(['gpu', 'cuda:', 'cuda:-1', 'cuda:1.5', 'cuda:01', 'cuda:1000', 'CUDA', 'webgpu:1'])(
    'another one, %s, is refused',
    async (name) => {
      const line = `device must be cpu, webgpu, cuda or cuda:N (N from 0), got '${name}'`
      expect(() => providerOf(name as Device)).toThrow(line)
      const outcome = jit((x: Tensor) => exp(x), { device: name as Device, threads: 1 })(scalar(1))
      await expect(outcome).rejects.toMatchObject({ code: 'input', message: line })
    },
  )
})

describe.each(['cuda', 'cuda:1', 'webgpu'] as const)('device %s', (device) => {
  test('runs, or says in one line that it is not available', async () => {
    const program = jit((x: Tensor) => exp(x), { device, threads: 1 })
    const outcome = await program(scalar(1)).then(item, (cause: unknown) => cause)
    if (typeof outcome === 'number') return expect(outcome).toBeCloseTo(Math.E, 5)
    expect(outcome).toBeInstanceOf(TweedieError)
    expect(outcome).toMatchObject({ code: 'device' })
    expect(`${outcome}`).toMatch(
      new RegExp(`^TweedieError: device '${device}' is not available here \\(.*\\); use 'cpu'$`),
    )
  })

  test('says so for loaded programs and from a worker too', async () => {
    const model = await jit((x: Tensor) => exp(x)).onnx(scalar(1))
    for (const worker of [false, true]) {
      const outcome = await loadProgram(model, { device, worker, threads: 1 }).then(
        (session) => session.release(),
        (cause: unknown) => cause,
      )
      if (outcome !== undefined) expect(outcome).toMatchObject({ name: 'TweedieError', code: 'device' })
    }
  })
})

test('the tolerances of providers are those of the documentation', () => {
  const text = readFileSync(new URL('../../docs/ARCHITECTURE.md', import.meta.url), 'utf8')
  for (const [provider, value] of Object.entries(tolerances))
    expect(text).toContain(`| ${provider} | ${value.toExponential()} |`)
})

const why = noSwiftShader === undefined ? '' : ` (skipped: ${noSwiftShader})`

describe.skipIf(noSwiftShader !== undefined)(`WebGPU on SwiftShader${why}`, () => {
  test('agrees with the CPU on every op, its derivatives and a training step, without its help', async () => {
    const printed = await onSwiftShader(new URL('webgpu-child.ts', import.meta.url))
    const results: { name: string; distance: number }[] = JSON.parse(printed)
    const names = new Set(results.map(({ name }) => name.split(':')[0]))
    expect(names).toEqual(new Set(['network', ...opCases.map(({ op }) => op)]))
    expect(results.filter(({ distance }) => !(distance < tolerance))).toEqual([])
  }, 240_000)

  test('keeps the state of training and of a trajectory, and comes to what the CPU comes to', async () => {
    const printed = await onSwiftShader(new URL('held-child.ts', import.meta.url))
    const { doubled, trained, drawn }: Held = JSON.parse(printed)
    expect(doubled).toEqual([
      { places: ['NdArray'], x: [1024, 2048, 3072], told: 3072 },
      { places: ['BufferArray'], x: [1024, 2048, 3072], told: 3072 },
    ])
    // Two steps a program, then parts of a batch: here each call ends with its program.
    expect(trained.map(([cpu]) => cpu.calls)).toEqual([
      [2, 2],
      [1, 1, 1, 1],
    ])
    for (const [cpu, gpu] of trained) {
      expect(gpu.calls).toEqual([2, 2]) // the state was wanted after two steps and at the end
      expect(gpu.shown).toBe(4)
      expect(distance(gpu.losses, cpu.losses)).toBeLessThan(tolerance)
      expect(distance(gpu.state, cpu.state)).toBeLessThan(tolerance)
    }
    expect(distance(drawn[1], drawn[0])).toBeLessThan(tolerance)
  }, 480_000)
})

/** What held-child.ts prints, of the CPU and of WebGPU. */
interface Held {
  readonly doubled: readonly unknown[]
  readonly trained: readonly (readonly [Trained, Trained])[]
  readonly drawn: readonly (readonly number[])[]
}

interface Trained {
  readonly calls: readonly number[]
  readonly shown: number
  readonly losses: readonly number[]
  readonly state: readonly number[]
}

describe('threads', () => {
  const bound = `at most ${availableParallelism()} (the processors of this machine)`

  test.each(['0', '1.5', 'two', '-1', `${availableParallelism() + 1}`, '1000000000'])(
    'TWEEDIE_THREADS=%s is refused',
    (text) => {
      const before = process.env.TWEEDIE_THREADS
      process.env.TWEEDIE_THREADS = text
      try {
        expect(defaultThreads).toThrow(`TWEEDIE_THREADS must be a positive integer, ${bound}, got '${text}'`)
      } finally {
        process.env.TWEEDIE_THREADS = before
      }
    },
  )

  test.each([0, 1.5, -2, Number.NaN, availableParallelism() + 1, 1e9])(
    'threads: %s is refused',
    async (threads) => {
      await expect(jit((x: Tensor) => exp(x), { threads })(scalar(1))).rejects.toMatchObject({
        code: 'input',
        message: `threads must be a positive integer, ${bound}, got ${threads}`,
      })
    },
  )

  test('threads and spinning do not change results', async () => {
    const threads = Math.min(2, availableParallelism())
    for (const options of [{ threads: 1 }, { threads, spinning: false }, { threads, spinning: true }]) {
      const program = jit((x: Tensor) => exp(x), options)
      expect(item(await program(scalar(2)))).toBeCloseTo(Math.exp(2), 4)
      await program.release()
    }
  })
})
