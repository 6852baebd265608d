import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { TweedieError } from '../../src/error.ts'
import { type Device, providerOf } from '../../src/tensor/execute/device.ts'
import { sessionOptions } from '../../src/tensor/execute/session.ts'
import { defaultThreads, exp, item, jit, loadProgram, scalar, type Tensor } from '../../src/tensor/index.ts'
import { opCases } from '../contract/lists/ops/index.ts'

/** The software Vulkan and its loader in Debian's package `chromium`. */
const chromium = '/usr/lib/chromium'
const swiftShader = join(chromium, 'libvk_swiftshader.so')
const hasSwiftShader = existsSync(swiftShader) && existsSync(join(chromium, 'libvulkan.so.1'))

/** Runs a script of this folder where Vulkan finds SwiftShader and nothing else. */
const onSwiftShader = async (script: string): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-vulkan-'))
  try {
    const driver = join(folder, 'icd.json')
    const icd = { library_path: swiftShader, api_version: '1.0.5' }
    writeFileSync(driver, JSON.stringify({ file_format_version: '1.0.0', ICD: icd }))
    const env = { ...process.env, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium }
    const path = fileURLToPath(new URL(script, import.meta.url))
    return (await promisify(execFile)(process.execPath, ['--import', 'tsx', path], { env })).stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

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

describe.skipIf(!hasSwiftShader)('WebGPU on SwiftShader (Debian package chromium)', () => {
  test('agrees with the CPU on every op, its derivatives and a training step, without its help', async () => {
    const results: { name: string; distance: number }[] = JSON.parse(await onSwiftShader('./webgpu-child.ts'))
    const names = new Set(results.map(({ name }) => name.split(':')[0]))
    expect(names).toEqual(new Set(['network', ...opCases.map(({ op }) => op)]))
    expect(results.filter(({ distance }) => !(distance < 1e-4))).toEqual([])
  }, 240_000)
})

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
