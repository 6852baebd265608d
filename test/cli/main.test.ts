import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { writeArrays } from '../../src/formats/index.ts'
import { families } from '../../src/operators/index.ts'
import { keepCheckpoint, openRun } from '../../src/run/index.ts'
import { ndarray, zeros } from '../../src/tensor/ndarray.ts'
import { scratch } from '../run/scratch.ts'
import { tweedie } from './tweedie.ts'

const built = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

describe('tweedie', () => {
  it('answers --help and --version on stdout with 0', () => {
    const help = tweedie('--help')
    expect(help).toMatchObject({ status: 0, stderr: '' })
    for (const name of ['observe', 'learn', 'train', 'sample', 'report', 'info', 'demo'])
      expect(help.stdout).toContain(name)
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(tweedie('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('answers --help of a command with all that can be asked of it', () => {
    const { status, stdout } = tweedie('observe', '--help')
    expect(status).toBe(0)
    for (const { name, summary } of families)
      expect(stdout.replace(/\s+/g, ' ')).toContain(`${name}: ${summary}`)
    expect(tweedie('help', 'observe').stdout).toBe(stdout)
  })

  it('exits 2 with one line on bad usage and bad input, and prints nothing on stdout', () => {
    expect(tweedie('info', 'nowhere.npz', '--json')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'tweedie: nowhere.npz: no such file or folder\n',
    })
    expect(tweedie('info')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: "tweedie: missing required argument 'path'\n",
    })
    expect(tweedie('inof', 'x').stderr).toBe("tweedie: unknown command 'inof' (Did you mean info?)\n")
    expect(tweedie('bench', '--quick', 'x')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: "tweedie: 'bench' is 'compare' since version 0.2: tweedie compare --help\n",
    })
    const bare = tweedie()
    expect(bare).toMatchObject({ status: 2, stdout: '' })
    expect(bare.stderr).toMatch(/^Usage: tweedie/)
  })

  it('shows the stack with --debug', () => {
    expect(tweedie('info', 'nowhere.npz', '--debug').stderr).toMatch(
      /^tweedie: TweedieError: nowhere.npz[\s\S]*at .*info\.ts/,
    )
  })

  it.skipIf(!existsSync(built))('answers --help without waiting for the engine (needs the build)', () => {
    const tell =
      "process.on('exit',()=>process.stderr.write(process.report.getReport().sharedObjects.join(' ')))"
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${tell}`, built, '--help'],
      { encoding: 'utf8' },
    )
    expect([status, stdout.includes('Usage')]).toEqual([0, true])
    expect(stderr).toMatch(/libc|dyld|ntdll/i)
    expect(stderr).not.toContain('onnxruntime')
  })
})

describe('tweedie info', () => {
  it('describes a file of arrays', () => {
    const path = join(scratch(), 'y.npz')
    writeArrays(path, { y: ndarray([1, -2, Number.NaN, 4], [2, 2]), mask: zeros([2, 2], 'uint8') })
    const { status, stdout } = tweedie('info', path, '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      path,
      kind: 'observations',
      arrays: expect.arrayContaining([
        { name: 'y', dtype: 'float32', shape: [2, 2], min: -2, max: 4, mean: 1, notFinite: 1 },
        { name: 'mask', dtype: 'uint8', shape: [2, 2], min: 0, max: 0, mean: 0, notFinite: 0 },
      ]),
    })
    expect(tweedie('info', path).stdout).toMatch(
      /y\.npz: observation set[\s\S]*y +float32 +\[2, 2\] +-2 +4 +1 +1 not finite/,
    )
  })

  it('describes a run and its checkpoints', () => {
    const path = join(scratch(), 'run')
    const run = openRun(path, { config: { em: { laps: 4 } } })
    run.journal.append({ event: 'lap', lap: 0 })
    const checkpoint = keepCheckpoint(run, 'lap-00', {
      arrays: { net: [ndarray([1, 2])] },
      state: { lap: 0 },
    })
    run.close()
    expect(JSON.parse(tweedie('info', path, '--json').stdout)).toMatchObject({
      kind: 'run',
      config: { em: { laps: 4 } },
      checkpoints: ['lap-00.safetensors'],
      events: { lap: 1 },
    })
    expect(JSON.parse(tweedie('info', checkpoint, '--json').stdout)).toMatchObject({
      kind: 'checkpoint',
      metadata: { state: { lap: 0 } },
      arrays: [{ name: 'net.0', shape: [2] }],
    })
    expect(tweedie('info', path).stdout).toMatch(/checkpoints +lap-00\.safetensors[\s\S]*laps: 4/)
  })

  it('refuses what it does not know', () => {
    const folder = scratch()
    const [torn, text, empty] = ['torn.npy', 'a.txt', 'folder'].map((name) => join(folder, name))
    writeFileSync(torn, '\x93NUMPY')
    writeFileSync(text, 'x')
    mkdirSync(empty)
    for (const path of [torn, text, empty]) {
      const { status, stdout, stderr } = tweedie('info', path)
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^tweedie: .+\n$/)
      expect(stderr).toContain(path)
    }
  })
})
