/** Pages of runs of every shape, and of runs that are not finished. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run as info } from '../../src/cli/commands/info.ts'
import { run as report } from '../../src/cli/commands/report.ts'
import { makeIo } from '../../src/cli/io.ts'
import { withResumeHint } from '../../src/cli/resume-hint.ts'
import { eventWords, runProgress } from '../../src/cli/run-progress.ts'
import { meshNamed } from '../../src/datasets/index.ts'
import { TweedieError } from '../../src/error.ts'
import { writeArrays } from '../../src/formats/index.ts'
import { maskedBy, type ObservationSet, writeObservations } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { layoutOf, openRun, readJournal } from '../../src/run/index.ts'
import { NdArray } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'
import { tweedie } from './tweedie.ts'

const common = { json: true, quiet: true, debug: false, threads: undefined, seed: undefined } as const
const none = {
  output: undefined,
  draws: undefined,
  observations: undefined,
  truth: undefined,
  held: undefined,
  baselines: undefined,
} as const

/** What a command gives as JSON. */
const resultOf = async (work: (io: ReturnType<typeof makeIo>) => Promise<void>) => {
  const said: string[] = []
  const stdout = { write: (text: string) => said.push(text) }
  const silent = { write: () => true }
  await work(makeIo({ stdout, stderr: silent }, { json: true }, new AbortController().signal))
  return JSON.parse(said.join(''))
}

const randoms = (name: string, shape: readonly number[]) => normal(stream(0, name), shape)

/** x, y of half of its entries, and draws that know no more than the prior, N(0, 1). */
const example = (folder: string, event: readonly number[], more: Partial<ObservationSet> = {}) => {
  const shape = [3, ...event]
  const truth = randoms('x', shape)
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
  const set = { y, operator: maskedBy(mask, event), noise: 0.1, range: [-4, 4] as const, ...more }
  const [observations, file, draws] = ['set.npz', 'truth.npy', 'draws.npz'].map((name) => join(folder, name))
  writeObservations(observations, set)
  writeArrays(file, { x: truth })
  writeArrays(draws, { draws: randoms('draws', [19, ...shape]) })
  return { observations, truth: file, draws }
}

const runIn = (folder: string): string => {
  const path = join(folder, 'run')
  openRun(path, { config: { em: { laps: 4 } } }).close()
  return path
}

describe('the report of a run', () => {
  const vertices = meshNamed('bunny').vertices.shape[0]

  it.each<[string, readonly number[], Partial<ObservationSet>, RegExp]>([
    ['vectors', [8], {}, /Restored vectors[\s\S]*<svg/],
    ['signals [1, V]', [1, 40], {}, /Restored series[\s\S]*observation 3</],
    ['several series', [2, 40], {}, /observation 3, channel 2/],
    ['complex images', [2, 8, 8], {}, /Restored images[\s\S]*3, channel 2/],
    [
      'fields on the sphere',
      [1, 45],
      { view: { kind: 'globe', rows: 5, columns: 9 } },
      /Restored fields[\s\S]*<img/,
    ],
    [
      'values on a mesh',
      [1, vertices],
      { view: { kind: 'mesh', mesh: 'bunny' } },
      /Restored surfaces[\s\S]*<img/,
    ],
  ])(
    'of %s shows draws, truth and the nearest baseline, in its units',
    async (_, event, more, expected) => {
      const folder = scratch()
      const run = runIn(folder)
      const { reconciled, baselines, path } = await resultOf((io) =>
        report([run], { ...common, ...none, ...example(folder, event, more), baselines: 'nearest' }, io),
      )
      const page = readFileSync(path, 'utf8')
      expect(page).toMatch(expected)
      expect(page).toContain('nearest seen entry')
      expect(page).toContain('RMSE\nhidden, pooled')
      expect(page).toContain('CRPS\nhidden, pooled')
      expect(page).not.toContain('PSNR\nall') // these are not in [0, 1]
      expect(reconciled).toMatch(/one by one \(report\) and \w+ as a whole \(diagnose\)|Too few data/)
      expect(page).toContain('Next: ')
      const [own, nearest] = baselines.map((row: string[]) => Number(row[1]))
      // Of N(0, 1) hidden from all: the mean of 19 draws of the prior, and another entry.
      expect(own).toBeGreaterThan(0.6)
      expect(own).toBeLessThan(1.5)
      expect(nearest).toBeGreaterThan(own * 0.8)
    },
    60_000,
  )

  it('stands beside all baselines that take the set by default, and beside none on demand', async () => {
    const folder = scratch()
    const run = runIn(folder)
    const view = { kind: 'globe', rows: 5, columns: 9 } as const
    const files = example(folder, [1, 45], { view })
    const all = await resultOf((io) => report([run], { ...common, ...none, ...files }, io))
    expect(all.baselines.map(([title]: string[]) => title)).toEqual([
      'draws of the run',
      'nearest seen entry',
      'kriging',
      'Gaussian by EM',
    ])
    expect(readFileSync(all.path, 'utf8')).toMatch(/Left out: linear: needs a grid or an index/)
    const alone = await resultOf((io) =>
      report([run], { ...common, ...none, ...files, baselines: 'none' }, io),
    )
    expect(alone.baselines).toHaveLength(1)
  }, 60_000)

  it('names a baseline that wins first', async () => {
    const folder = scratch()
    const files = example(folder, [1, 40])
    const line = Float32Array.from({ length: 3 * 40 }, (_, i) => (i % 40) / 10)
    writeArrays(files.truth, { x: new NdArray('float32', [3, 1, 40], line) })
    const y = new NdArray('float32', [3, 1, 40], line)
    const mask = new NdArray(
      'float32',
      [3, 1, 40],
      line.map((_, i) => ((i % 3) % 2 === 0 ? 1 : 0)),
    )
    writeObservations(files.observations, {
      y: new NdArray(
        'float32',
        y.shape,
        y.data.map((v, i) => v * mask.data[i]),
      ),
      operator: maskedBy(mask, [1, 40]),
      noise: 0.01,
      range: [-4, 4],
    })
    const { path } = await resultOf((io) =>
      report([runIn(folder)], { ...common, ...none, ...files, baselines: 'linear' }, io),
    )
    expect(readFileSync(path, 'utf8')).toMatch(
      /class="lead">A simple baseline wins: RMSE of linear interpolation 0?\.?[\de.-]+, of the draws/,
    )
  })

  it('counts and draws nothing outside the domain', async () => {
    const folder = scratch()
    const valid = new NdArray(
      'float32',
      [40],
      Float32Array.from({ length: 40 }, (_, v) => Number(v < 30)),
    )
    const files = example(folder, [1, 40], { valid })
    const { path } = await resultOf((io) =>
      report([runIn(folder)], { ...common, ...none, ...files, baselines: 'none' }, io),
    )
    // Half of the 3 × 30 entries of the domain.
    expect(readFileSync(path, 'utf8')).toMatch(/\(45 of 120 entries\)/)
  })

  it('that is not finished has what there is', async () => {
    const folder = scratch()
    const run = runIn(folder)
    const begun = await resultOf((io) => report([run], { ...common, ...none }, io))
    expect(readFileSync(begun.path, 'utf8')).toMatch(
      /unfinished, nothing is in its journal yet[\s\S]*Nothing to show/,
    )
    const open = openRun(run, { resume: true })
    open.journal.append({ event: 'lap', lap: 0 })
    for (const step of [20, 40]) open.journal.append({ event: 'loss', lap: 1, step, loss: 1 / step })
    writeArrays(join(run, 'draws', 'prior-lap-000.npz'), { x: randoms('prior', [8, 2, 40]) })
    open.close()
    const { path } = await resultOf((io) => report([run], { ...common, ...none }, io))
    const page = readFileSync(path, 'utf8')
    expect(page).toContain('unfinished, lap 1 of 4, step 40')
    expect(page).toMatch(/Gaussian start[\s\S]*<svg[\s\S]*training loss/)
    const asked = report(
      [run],
      { ...common, ...none, observations: 'x.npz' },
      makeIo(process, {}, new AbortController().signal),
    )
    await expect(asked).rejects.toThrow(/no draws to show yet; make them with 'tweedie sample'/)
  })
})

describe('tweedie info', () => {
  it('says how far a run is, with plurals that fit', async () => {
    const run = runIn(scratch())
    const open = openRun(run, { resume: true })
    for (const lap of [0, 1]) open.journal.append({ event: 'lap', lap })
    for (const step of [20, 40]) open.journal.append({ event: 'loss', lap: 2, step, loss: 1 })
    open.close()
    const { stdout } = tweedie('info', run)
    expect(stdout).toMatch(/state +unfinished, lap 2 of 4, step 40\n/)
    expect(stdout).toMatch(/journal +Gaussian start, 1 lap, 2 losses logged\n/)
    const last = openRun(run, { resume: true })
    last.journal.append({ event: 'choice', lap: 1 })
    last.journal.append({ event: 'loss', lap: 5, step: 20, loss: 1 }) // the laps of the run are four
    last.close()
    expect(runProgress(run).words).toBe('unfinished, last lap on all observations, step 20')
    expect(eventWords(readJournal(layoutOf(run).journal))).toBe(
      'Gaussian start, 1 lap, 3 losses logged, 1 choice of a lap',
    )
  })

  it('says that a run was stopped by its time', () => {
    const run = runIn(scratch())
    const open = openRun(run, { resume: true })
    for (const lap of [0, 1]) open.journal.append({ event: 'lap', lap })
    writeArrays(join(run, 'checkpoints/prior.safetensors'), { x: randoms('prior', [1]) })
    expect(runProgress(run)).toEqual({ finished: true, words: 'finished, 1 lap' })
    open.journal.append({ event: 'time', lap: 2, stage: 'train', done: 3 })
    open.close()
    expect(runProgress(run)).toEqual({ finished: true, words: 'stopped when the time was up, 1 lap' })
  })

  it.each<[readonly number[], string]>([
    [[8], '3 of [8]: vectors'],
    [[2, 40], '3 of [2, 40]: series'],
    [[2, 8, 8], '3 of [2, 8, 8]: images'],
  ])('says what observations and draws are of: %j', async (event, signals) => {
    const { observations, draws } = example(scratch(), event)
    const set = await resultOf((io) => info([observations], common, io))
    expect(set.data).toMatchObject({ signals, 'observed by': 'mask, 50.0 % of the entries seen' })
    const made = await resultOf((io) => info([draws], common, io))
    expect(made.data).toEqual({ draws: `19 of each of 3 signals [${event.join(', ')}]` })
  })
})

describe('a run that exists', () => {
  it('is resumed by a command that the error spells out', async () => {
    const run = runIn(scratch())
    const words = ['learn', 'data.count=5', 'net={kind: mlp}', '-o', run]
    const hinted = async (error: unknown, given = words) => {
      const found = await withResumeHint(error, { run }, given)
      return found instanceof TweedieError ? [found.code, found.message] : found
    }
    const stopped = new TweedieError('interrupted', 'learning was interrupted')
    const command = `tweedie learn data.count=5 'net={kind: mlp}' -o ${run} --resume`
    expect(await hinted(stopped)).toEqual([
      'interrupted',
      `learning was interrupted. To go on with it: ${command}`,
    ])
    expect(await hinted(stopped, [...words, '--resume'])).toEqual(await hinted(stopped))
    const other = new TweedieError('input', 'noise must be positive')
    expect(await withResumeHint(other, { run }, words)).toBe(other)
    expect(await withResumeHint(stopped, { run: join(run, 'nowhere') }, words)).toBe(stopped)
    let refused: unknown
    try {
      openRun(run, { config: {} })
    } catch (error) {
      refused = error
    }
    expect(await hinted(refused)).toEqual(['input', expect.stringMatching(/already holds a run.* --resume$/)])
  })
})

it('a configuration without a network says which there are', () => {
  const { status, stderr } = tweedie('learn', 'data.observations=x.npz', '-o', join(scratch(), 'run'))
  expect(status).toBe(2)
  expect(stderr).toMatch(
    /field 'net' is missing: expected a network, such as .*net\.kind=unet1d for signals \[C, V\]/,
  )
})
