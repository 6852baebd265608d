/**
 * The how-to of own data, run as it is written: its commands, on real digits in the files that it asks for.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadMnist } from '../../src/datasets/index.ts'
import { encodePng, readArrays, writeArrays } from '../../src/formats/index.ts'
import {
  maskedBy,
  type ObservationSet,
  observe as observed,
  readObservations,
} from '../../src/observations/index.ts'
import { NdArray } from '../../src/tensor/ndarray.ts'
import { root, tweedie } from './built.ts'

const page = readFileSync(join(root, 'docs/howto/own-data.md'), 'utf8')

/** Command lines of the page, in order. */
const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) =>
  block
    .trim()
    .split('\n')
    .map((line) => line.split(' ')),
)
const [[observe, learn, sample], [observeImages]] = commands

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

const run = ([name, ...args]: readonly string[], ...more: string[]): string => {
  expect(name).toBe('tweedie')
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
    expect(commands[0]).toHaveLength(3)
    expect(commands.flat().every(([name]) => name === 'tweedie')).toBe(true)
  })

  it('1: observe packs the arrays', () => {
    expect(run(observe)).toMatch(/40 of \[1, 28, 28\][\s\S]*mask, 49\.9 % observed/)
    const packed = readObservations(join(folder, 'mine.npz'))
    expect(packed).toEqual(set)
  })

  it('2: learn makes a run with a prior', () => {
    expect(run(learn, ...short.learn)).toMatch(
      /runs\/mine\/checkpoints\/prior\.safetensors[\s\S]*40 observations, 1 laps/,
    )
    expect(readArrays(join(folder, 'runs/mine/draws/prior-lap-001.npz')).x.shape).toEqual([64, 1, 28, 28])
  }, 120_000)

  it('3: sample restores, and writes the report', () => {
    expect(run(sample, ...short.sample)).toMatch(
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
    const [, text] = /`(tweedie report [^`]*)`/.exec(page) ?? []
    expect(run(text.split(' '))).toMatch(/report\.html/)
    expect(readFileSync(join(folder, 'runs/mine/report.html'), 'utf8')).toMatch(/PSNR/)
  }, 60_000)

  it('folders of PNG images make the same set, up to 8 bits', () => {
    expect(run(observeImages)).toMatch(/40 of \[1, 28, 28\]/)
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
})
