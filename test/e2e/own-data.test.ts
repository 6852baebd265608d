/**
 * The how-to of own data, run as it is written: its commands, on real digits in the files that it asks for.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready } from 'h5wasm/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadMnist } from '../../src/datasets/index.ts'
import { encodePng, readArrays, writeArrays } from '../../src/formats/index.ts'
import {
  maskedBy,
  type ObservationSet,
  observe as observed,
  readObservations,
  writeObservations,
} from '../../src/observations/index.ts'
import { NdArray } from '../../src/tensor/ndarray.ts'
import { encodeNifti, writeFastMriKspace } from '../datasets/layouts.ts'
import { root, tweedie } from './built.ts'
import { commandsOn } from './page-commands.ts'

const page = readFileSync(join(root, 'docs/howto/own-data.md'), 'utf8')

/** Command lines of the page, in order. */
const commands = commandsOn(page)
const ran = new Set<string>()

/** The command of the page that begins like this. */
const line = (start: string): string => {
  const found = commands.filter((command) => command.startsWith(`tweedie ${start}`))
  expect(found, start).toHaveLength(1)
  return found[0]
}

/** The same commands, made short: what changes time and quality only. */
const short = {
  learn: [
    'gaussian.iterations=2',
    'em.laps=1',
    'em.sampling.steps=4',
    'train.firstSteps=20',
    'net.channels=[8,8]',
  ],
  sample: ['--count', '6', '--draws', '3', '--steps', '4'],
}

const COUNT = 40
const folder = mkdtempSync(join(tmpdir(), 'tweedie-own-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (command: string, ...more: string[]): string => {
  ran.add(command)
  const [, ...args] = command.split(' ')
  const { status, stdout, stderr } = tweedie([...args, ...more], { cwd: folder })
  expect(stderr).not.toMatch(/^tweedie:/m)
  expect(status).toBe(0)
  return stdout
}

const clipped = (x: NdArray<'float32'>) =>
  new NdArray(
    'float32',
    x.shape,
    x.data.map((v) => Math.min(1, Math.max(0, v))),
  )

const image = ({ shape, data }: NdArray<'float32'>, i: number) => {
  const size = shape[2] * shape[3]
  return new NdArray('float32', [1, shape[2], shape[3]], data.subarray(i * size, (i + 1) * size))
}

describe('own data, as the how-to says', () => {
  let set: ObservationSet
  let mask: NdArray<'float32'>
  let truth: NdArray<'float32'>

  beforeAll(async () => {
    const { images } = loadMnist({ split: 'test' })
    truth = new NdArray('float32', [COUNT, 1, 28, 28], images.data.slice(0, COUNT * 784))
    const half = { name: 'mask', settings: { keep: 0.5 } }
    const made = await observed(truth, { operator: half, noise: 0.05, seed: 3 })
    mask = made.operator.parameters.mask
    set = { ...made, operator: maskedBy(mask, [1, 28, 28]) } // nobody knows how the masks came about
    writeArrays(join(folder, 'y.npy'), { y: new NdArray('float32', [COUNT, 28, 28], set.y.data) })
    writeArrays(join(folder, 'mask.npy'), {
      mask: new NdArray('uint8', [COUNT, 28, 28], Uint8Array.from(mask.data)),
    })
    writeArrays(join(folder, 'truth.npy'), { x: truth })
    for (const name of ['damaged', 'masks']) mkdirSync(join(folder, name))
    for (let i = 0; i < COUNT; i++) {
      const name = `${String(i).padStart(3, '0')}.png`
      writeFileSync(join(folder, 'damaged', name), encodePng(image(clipped(set.y), i)))
      writeFileSync(join(folder, 'masks', name), encodePng(image(mask, i)))
    }
  })

  it('needs three commands', () => {
    const [, block] = /```sh\n([\s\S]*?)```/.exec(page) ?? []
    expect(commandsOn(block)).toEqual(['observe y.npy', 'learn mine', 'sample runs/mine mine.npz'].map(line))
  })

  it('1: observe packs the arrays', () => {
    expect(run(line('observe y.npy'))).toMatch(/40 of \[1, 28, 28\][\s\S]*mask, 49\.9 % observed/)
    const packed = readObservations(join(folder, 'mine.npz'))
    expect(packed).toEqual(set)
  })

  it('2: learn makes a run with a prior', () => {
    expect(run(line('learn mine.npz'), ...short.learn)).toMatch(
      /runs\/mine\/checkpoints\/prior\.safetensors[\s\S]*40 observations, 1 lap$/m,
    )
    expect(readArrays(join(folder, 'runs/mine/draws/prior-lap-001.npz')).x.shape).toEqual([64, 1, 28, 28])
  }, 120_000)

  it('3: sample restores, and writes the report', () => {
    expect(run(line('sample runs/mine mine.npz'), ...short.sample)).toMatch(
      /runs\/mine\/draws\/posterior\.npz[\s\S]*runs\/mine\/report\.html/,
    )
    const { mean, spread, draws } = readArrays(join(folder, 'runs/mine/draws/posterior.npz'))
    expect([mean.shape, spread.shape, draws.shape]).toEqual([
      [6, 1, 28, 28],
      [6, 1, 28, 28],
      [3, 6, 1, 28, 28],
    ])
    const html = readFileSync(join(folder, 'runs/mine/report.html'), 'utf8')
    expect(html).toMatch(/^<!doctype html>/i)
    expect(html).not.toMatch(/(src|href)="https?:/)

    // Restored where it was seen: the draws follow the observations there far better than chance.
    const seen = Array.from({ length: mean.size }, (_, i) => i).filter((i) => mask.data[i] === 1)
    const error = (value: (i: number) => number) =>
      Math.sqrt(seen.reduce((sum, i) => sum + (Number(mean.data[i]) - value(i)) ** 2, 0) / seen.length)
    expect(error((i) => set.y.data[i])).toBeLessThan(0.1)
    expect(error((i) => truth.data[i])).toBeLessThan(0.1)
  }, 120_000)

  it('the report takes a truth, when there is one', () => {
    const text = line('report runs/mine --observations mine.npz')
    expect(run(text)).toMatch(/report\.html/)
    expect(readFileSync(join(folder, 'runs/mine/report.html'), 'utf8')).toMatch(/PSNR/)
  }, 60_000)

  it('folders of PNG images make the same set, up to 8 bits', () => {
    expect(run(line('observe damaged'))).toMatch(/40 of \[1, 28, 28\]/)
    const packed = readObservations(join(folder, 'mine.npz'))
    expect(packed.operator).toEqual(set.operator)
    const expected = clipped(set.y).data
    const gap = packed.y.data.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i])), 0)
    expect(gap).toBeLessThanOrEqual(0.5 / 255 + 1e-6)
  }, 60_000)

  it('documents the fields of an observation set as they are', () => {
    const names = [...page.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, name]) => name)
    expect(names.slice(0, 10)).toEqual([
      ...['y', 'noise', 'mask', 'projection', 'range'],
      ...['operator', 'parameter.NAME', 'truth.NAME', 'view', 'valid'],
    ])
    const set = ['y', 'noise', 'range', 'operator', 'parameter.mask']
    expect(Object.keys(readArrays(join(folder, 'mine.npz'))).sort()).toEqual(set.sort())
  })

  it('info and the help of observe say what there is', () => {
    expect(run(line('info mine.npz'))).toMatch(/40 of \[1, 28, 28\]: images/)
    expect(run(line('observe --help'))).toMatch(/--operator/)
  })

  it('what is kept back judges the draws beside baselines', () => {
    const few = ['--count', '6'] // as the page, of fewer
    expect(run(line('hold-out mine.npz'), ...few)).toMatch(/observations +6\n/)
    run(line('sample runs/mine given.npz'), '--steps', '4', '--draws', '3')
    const said = run(line('report runs/mine --draws given-draws.npz'), '--baselines', 'nearest')
    expect(said).toMatch(/^draws of the run +0\.\d+[\s\S]*^nearest seen entry +0\.\d+/m)
    expect(said).toContain('Held-out seen entries, with their noise')
  }, 60_000)

  it('a prior of small images restores larger ones in tiles', async () => {
    const { images } = loadMnist({ split: 'test' })
    const shape = [1, 1, 40, 40]
    const x = new NdArray('float32', shape, images.data.slice(0, 1600))
    const half = { name: 'mask', settings: { keep: 0.5 } }
    writeObservations(join(folder, 'large.npz'), await observed(x, { operator: half, noise: 0.05, seed: 3 }))
    run(line('sample runs/mine large.npz'), '--draws', '2', '--steps', '3')
    expect(readArrays(join(folder, 'runs/mine/draws/posterior.npz')).draws.shape).toEqual([2, ...shape])
  }, 60_000)

  it('a domain is named by a picture, and y is NaN outside', () => {
    const sea = new NdArray('float32', [1, 6, 8], new Float32Array(48).fill(1).fill(0, 0, 12))
    const sst = Float32Array.from({ length: 5 * 48 }, (_, i) => (i % 48 < 12 ? Number.NaN : i % 30))
    writeArrays(join(folder, 'sst.npy'), { y: new NdArray('float32', [5, 6, 8], sst) })
    writeArrays(join(folder, 'seen.npy'), { m: new NdArray('uint8', [5, 6, 8], new Uint8Array(240).fill(1)) })
    writeFileSync(join(folder, 'sea.png'), encodePng(sea))
    expect(run(line('observe sst.npy'))).toMatch(/domain +75\.0 % of each x/)
    expect(Array.from(readObservations(join(folder, 'sea.npz')).valid?.data ?? [])).toEqual(
      Array.from(sea.data),
    )
  })

  it('volumes are cut along the planes of the body, and k-space is packed', async () => {
    const upright = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]
    const voxels = new NdArray(
      'float32',
      [8, 6, 8],
      Float32Array.from({ length: 384 }, (_, i) => i),
    )
    mkdirSync(join(folder, 'heads'))
    writeFileSync(join(folder, 'heads/head.nii'), encodeNifti(voxels, { sform: upright }))
    expect(run(line('observe coronal:heads/'))).toMatch(/6 of \[1, 8, 8\][\s\S]*mask keep=0\.25/)
    await ready
    mkdirSync(join(folder, 'scans'))
    // k-space that is flat is that of a point: 16 c in the middle of 16 × 16, here 6.4e-5.
    const values = new Array<number>(512).fill(4e-6)
    writeFastMriKspace(join(folder, 'scans/scan.h5'), { shape: [2, 16, 16], values })
    expect(run(line('observe scans/'))).toMatch(/2 of \[2, 16, 16\][\s\S]*fourier\nnoise +0\.000002 /)
  })

  it('the other learners learn from the digits and the scans that ship', () => {
    cpSync(join(root, 'experiments'), join(folder, 'experiments'), { recursive: true })
    for (const name of ['ambient', 'gsure']) {
      const small = ['net.channels=[8,8]', 'data.count=16', 'train.steps=2', 'monitor.samples=0']
      const said = run(line(`learn experiments/digits-${name}.yaml`), ...small)
      expect(said).toMatch(/16 observations, 2 steps/)
    }
    const scans = [
      'net.channels=[8,8]',
      'net.blocks=[1,1]',
      'data.count=200',
      'train.steps=2',
      'monitor.samples=0',
    ]
    expect(run(line('learn experiments/mri-gsure.yaml'), ...scans)).toMatch(/200 observations, 2 steps/)
  }, 60_000)

  it('a network that predicts the noise is trained, and drawn by some of its levels', () => {
    const small = ['net.channels=[8,8]', 'net.blocks=[1,1]', 'data.count=16', 'train.steps=2']
    const train = line('train experiments/photos.yaml train.parameterization=vp')
    expect(run(train, ...small, 'monitor.samples=0')).toMatch(/2 steps/)
    expect(run(line('sample runs/photos-vp'), '-n', '2', '--steps', '4')).toMatch(/draws +\[2, 3, 32, 32\]/)
  }, 60_000)

  it('no command of the page was left out', () => {
    expect(commands.filter((command) => !ran.has(command))).toEqual([])
  })
})
