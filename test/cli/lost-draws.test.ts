/** Draws that are lost: written as NaN by `sample`, named, and left out by what judges draws. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run as calibrate } from '../../src/cli/commands/calibrate.ts'
import { run as diagnose } from '../../src/cli/commands/diagnose.ts'
import { run as report } from '../../src/cli/commands/report.ts'
import { run as sample } from '../../src/cli/commands/sample.ts'
import type { OptionsOf } from '../../src/cli/commands.ts'
import { type Io, makeIo } from '../../src/cli/io.ts'
import { lostDraws, momentsOf } from '../../src/cli/restored/lost-draws.ts'
import { standardGaussian } from '../../src/diffusion/index.ts'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import { type NetworkConfig, network } from '../../src/nn/index.ts'
import { maskedBy, unchanged, writeObservations } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { learnedPrior, openRun, savePrior } from '../../src/run/index.ts'
import { NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'
import { scratch } from '../run/scratch.ts'

const common = {
  json: true,
  quiet: false,
  debug: false,
  threads: undefined,
  workers: undefined,
  seed: undefined,
} as const

/** What a command gives as JSON, and its notes. */
const told = async (work: (io: Io) => Promise<void>) => {
  const [out, notes]: string[][] = [[], []]
  const streams = { stdout: { write: (text: string) => out.push(text) }, stderr: { write: () => true } }
  const io = makeIo(streams, { json: true, quiet: true }, new AbortController().signal)
  await work({ ...io, note: (text) => notes.push(text) })
  return { result: JSON.parse(out.join('')), notes: notes.join('\n') }
}

describe('moments of draws, some of which are lost', () => {
  it('are of those that are there; NaN where too few are', () => {
    const nan = Number.NaN
    const draws = ndarray([1, 2, 5, 3, nan, nan, 5, 7, nan], [3, 3, 1])
    const { mean, spread } = momentsOf(draws, lostDraws(draws))
    expectClose(toNumbers(mean).slice(0, 2), [3, 4.5], 1e-6)
    expectClose(toNumbers(spread).slice(0, 2), [2, Math.sqrt(12.5)], 1e-6)
    expect([mean.data[2], spread.data[2]]).toEqual([5, nan])
  })
})

describe('commands that judge draws', () => {
  const [N, K, EVENT] = [40, 19, [1, 8, 8]] as const

  /** Draws of N(0.5, 0.1²) for half of the pixels, of which observation 7 has lost draw 3. */
  const files = (folder: string) => {
    const shape = [N, ...EVENT]
    const near = (name: string, of: readonly number[]) => {
      const z = normal(stream(0, name), of)
      return new NdArray(
        'float32',
        of,
        z.data.map((v) => 0.5 + 0.1 * v),
      )
    }
    const truth = near('x', shape)
    const mask = new NdArray(
      'float32',
      shape,
      truth.data.map((_, i) => (i * 7) % 2),
    )
    const y = new NdArray(
      'float32',
      shape,
      truth.data.map((v, i) => v * mask.data[i]),
    )
    const draws = near('draws', [K, ...shape])
    const size = 64
    draws.data.fill(Number.NaN, (3 * N + 7) * size, (3 * N + 8) * size)
    const at = (name: string) => join(folder, name)
    writeObservations(at('set.npz'), { y, operator: maskedBy(mask, [...EVENT]), noise: 0.05, range: [0, 1] })
    writeArrays(at('truth.npz'), { x: truth })
    writeArrays(at('draws.npz'), { draws })
    return { observations: at('set.npz'), truth: at('truth.npz'), draws: at('draws.npz') }
  }
  const note = /draws\.npz: 1 of 40 problems have a lost draw \(NaN\), left out: 7/
  const undecided = { held: undefined, baselines: undefined, output: undefined } as const

  it('diagnose leaves the observation out', async () => {
    const { draws, observations, truth } = files(scratch())
    const options = {
      ...{ ...common, observations, truth, given: undefined, classifier: undefined, output: undefined },
      ...{ prior: undefined, reference: undefined, referenceSteps: undefined, referenceCount: undefined },
    }
    const { result, notes } = await told((io) => diagnose([draws], options, io))
    expect(notes).toMatch(note)
    expect(result.problems).toBe(N - 1)
  })

  it('calibrate too', async () => {
    const folder = scratch()
    const { draws, observations, truth } = files(folder)
    const { result, notes } = await told((io) =>
      calibrate(
        [draws],
        { ...common, observations, truth, held: undefined, by: undefined, output: join(folder, 'c.json') },
        io,
      ),
    )
    expect(notes).toMatch(note)
    expect(result.problems).toBe(N - 1)
  })

  it('the report too, of images that are smaller than the window of SSIM', async () => {
    const folder = scratch()
    const path = join(folder, 'run')
    openRun(path, { config: { em: { laps: 1 } } }).close()
    const { result, notes } = await told((io) =>
      report([path], { ...common, ...undecided, ...files(folder), baselines: 'none' }, io),
    )
    expect(notes).toMatch(note)
    const page = readFileSync(result.path, 'utf8')
    expect(page).toMatch(/PSNR\nall, per image/)
    expect(page).not.toMatch(/SSIM\nall, per image/)
    expect(page).toContain('No SSIM: images are smaller than its window of 11×11.')
  }, 60_000)
})

describe('tweedie sample', () => {
  /** A run with a prior of vectors, and observations of which one is so large that float32 overflows. */
  const problem = async (folder: string) => {
    const net: NetworkConfig = { kind: 'mlp', features: 4, hidden: [8], emb: 8 }
    const [path, set] = [join(folder, 'run'), join(folder, 'set.npz')]
    const run = openRun(path, { config: {} })
    const prior = learnedPrior({
      ...{ net, params: network(net).init(0), gaussian: standardGaussian(4) },
      ...{ sigmaMin: 0.02, sigmaMax: 20, event: [4], range: [-2, 2], laps: 1 },
    })
    await savePrior(run, 'prior', prior)
    run.close()
    const y = new NdArray('float32', [5, 4], new Float32Array(20).fill(0.5))
    y.data.fill(3e38, 8, 12)
    writeObservations(set, { y, operator: unchanged([4]), noise: 0.1, range: [-2, 2] })
    return { path, set, output: join(folder, 'out.npz') }
  }
  const sampling: OptionsOf<'sample'> = {
    ...{
      ...common,
      draws: 2,
      batch: 64,
      count: undefined,
      steps: 3,
      step: 'ddim',
      grid: undefined,
      start: 'plain',
    },
    ...{ iterations: 1, solver: 'cg', covariance: 'tweedie', method: undefined, images: undefined },
    ...{ report: undefined, truth: undefined, held: undefined, baselines: undefined, tile: undefined },
    ...{ overlap: undefined, calibrated: undefined, minutes: undefined, device: 'cpu', strict: undefined },
    output: undefined,
  }

  it('names the observation that it lost, and writes all others', async () => {
    const { path, set, output } = await problem(scratch())
    const { result, notes } = await told((io) => sample([path, set], { ...sampling, output }, io))
    expect(notes).toMatch(/the sampler diverged in 2 draws, after further tries too \(observations 2\)/)
    expect(result.lost).toEqual([0, 1].map((draw) => ({ draw, observation: 2 })))
    const arrays = readArrays(output)
    for (const name of ['mean', 'spread']) {
      const bad = toNumbers(arrays[name]).map(Number.isNaN)
      expect(bad).toEqual(Array.from({ length: 20 }, (_, i) => i >= 8 && i < 12))
    }
    expect(toNumbers(arrays.draws).filter(Number.isNaN)).toHaveLength(8)
  })

  it('stops there with --strict', async () => {
    const { path, set, output } = await problem(scratch())
    await expect(
      told((io) => sample([path, set], { ...sampling, output, strict: true }, io)),
    ).rejects.toMatchObject({ code: 'numeric', message: expect.stringMatching(/observation 2/) })
  })
})
