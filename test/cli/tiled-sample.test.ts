/** `tweedie sample --tile`: images larger than the prior, against the prior of the large ones. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { standardGaussian, tiledPrior } from '../../src/diffusion/index.ts'
import { readArrays } from '../../src/formats/index.ts'
import { network } from '../../src/nn/index.ts'
import { maskedBy, readObservations, writeObservations } from '../../src/observations/index.ts'
import { methodNamed, posteriorDraws } from '../../src/posterior/index.ts'
import { bernoulli, stream, uniform } from '../../src/random/index.ts'
import { loadPrior, openRun, savePrior } from '../../src/run/index.ts'
import { NdArray, type Shape, sizeOf, toNumbers } from '../../src/tensor/index.ts'
import { tweedie } from '../e2e/built.ts'
import { expectClose } from '../numbers.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-tiles-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
/** A prior of 8 × 8 that a network makes: what it says of a pixel depends on the tile. */
const learned = join(import.meta.dirname, '../fixtures-0.1/priors/digits')

const large: Shape = [1, 20, 13]

/** A prior of independent pixels, 0.5 ± 0.25, which no tile can tell from that of a larger image. */
const independent = async (name: string, event: Shape): Promise<string> => {
  const net = { kind: 'unet', io: 1, channels: [4, 4], blocks: [1, 1], emb: 8 } as const
  const run = openRun(at(name), { config: {} })
  const parts = { params: network(net).init(0), gaussian: standardGaussian(sizeOf(event)), start: true }
  const path = await savePrior(run, 'prior', {
    ...{ net, ...parts, sigmaMin: 0.02, sigmaMax: 20, event, range: [0, 1], laps: 0 },
  })
  run.close()
  return path
}

const setOf = (name: string, event: Shape): string => {
  const shape = [3, ...event]
  const mask = bernoulli(stream(0, 'mask'), 0.5, shape)
  const y = uniform(stream(0, 'y'), shape).data.map((v, i) => v * mask.data[i])
  const set = { y: new NdArray('float32', shape, y), operator: maskedBy(mask, event), noise: 0.05 }
  writeObservations(at(name), { ...set, range: [0, 1] })
  return at(name)
}

let [small, whole, set] = ['', '', '']
beforeAll(async () => {
  small = await independent('small', [1, 8, 8])
  whole = await independent('whole', large)
  set = setOf('set.npz', large)
})

const sampled = (prior: string, ...more: readonly string[]) => {
  const drawing = ['-n', '2', '--steps', '6', '--seed', '4', '-o', at('draws.npz')]
  const { status, stderr } = tweedie(['sample', prior, set, ...drawing, ...more])
  expect([status, stderr.match(/^tweedie: .*/m)?.[0]]).toEqual([0, undefined])
  return readArrays(at('draws.npz'))
}

describe('sample --tile', () => {
  it('of independent pixels draws what the prior of the large image does, however tiles lie', () => {
    const expected = toNumbers(sampled(whole).draws)
    for (const tiles of [[], ['--overlap', '0'], ['--overlap', '5'], ['--batch', '1']]) {
      const { draws, mean, spread } = sampled(small, '--tile', ...tiles)
      expect([draws.shape, mean.shape, spread.shape]).toEqual([
        [2, 3, ...large],
        [3, ...large],
        [3, ...large],
      ])
      expectClose(toNumbers(draws), expected, 1e-5)
    }
  }, 60_000)

  it('lays the tiles as --overlap says, by the method that is asked for', async () => {
    const prior = loadPrior(learned)
    const observed = readObservations(set)
    const drawn = async (overlap?: number) =>
      toNumbers(
        await posteriorDraws(tiledPrior(prior, large, { overlap }), observed, {
          ...{ steps: 6, draws: 2, seed: 4, method: methodNamed('mmps').make({ iterations: 2 }) },
        }),
      )
    const [quarter, half] = [await drawn(), await drawn(4)]
    const words = ['--tile', '--method', 'mmps:iterations=2']
    expectClose(toNumbers(sampled(learned, ...words).draws), quarter, 1e-5)
    expectClose(toNumbers(sampled(learned, ...words, '--overlap', '4').draws), half, 1e-5)
    expect(half.some((v, i) => Math.abs(v - quarter[i]) > 0.01)).toBe(true)
  }, 60_000)

  it.each<[string[], string]>([
    [[], 'observes signals of shape [1,20,13], the prior knows [1,8,8]; --tile covers larger ones'],
    [['--tile', '--overlap', '8'], 'tiles of 8 cannot overlap by 8'],
    [['--overlap', '2'], '--overlap goes with --tile'],
    [['--tile', '--covariance', 'cov_x'], '--covariance cov_x: with --tile only tweedie goes'],
  ])('says what is wrong with %j in one line', (more, says) => {
    const { status, stderr } = tweedie(['sample', small, set, '-o', at('none.npz'), ...more])
    expect([status, stderr.trim().split('\n').length]).toEqual([2, 1])
    expect(stderr).toContain(says)
    expect(existsSync(at('none.npz'))).toBe(false)
  })

  it('goes with observations alone, and those no smaller than a tile', () => {
    const refused = (...args: readonly string[]) => {
      const { status, stderr } = tweedie(['sample', small, ...args, '--tile', '-o', at('none.npz')])
      return [status, stderr]
    }
    expect(refused()).toEqual([2, expect.stringContaining('--tile goes with observations')])
    const narrow = setOf('narrow.npz', [1, 20, 7])
    expect(refused(narrow)).toEqual([2, expect.stringContaining('tiles of 8 do not fit into a side of 7')])
  })
})
