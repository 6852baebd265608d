/**
 * Learners of a prior from digits or colour photographs with pixels deleted, compared: DiEM by the covariance
 * in its E-step, AmbientDiffusion, GSURE-Diffusion, and the oracle that sees clean images. Same network, same
 * observations, as many optimiser steps.
 *
 *   npm run bench -- learners [--data digits|photographs] [--keep 0.25] [--budget quick|full]
 *     [--only tweedie,ambient] [--out FOLDER] [--workers N] [--json]
 *
 * Each learner works in a run folder of its own below --out (default runs/learners-BUDGET); what is there is
 * not done again, what was interrupted goes on. `full` takes about five minutes of one core for each learner
 * of digits, at most 40 of photographs; with --workers several learn at a time.
 */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { TweedieError } from '../src/error.ts'
import { readArrays, writeArrays } from '../src/formats/index.ts'
import type { LongCall, Progress } from '../src/progress.ts'
import {
  type DoJob,
  interruptible,
  isRunFolder,
  keptCheckpoints,
  type LearnedPrior,
  loadPrior,
  openRun,
  type Run,
} from '../src/run/index.ts'
import { NdArray } from '../src/tensor/index.ts'
import { eachCell } from './cell-workers.ts'
import { type LearnerKind, learners } from './learners/learners.ts'
import { type Plan, planOf } from './learners/plan.ts'
import { type LapSamples, type LearnerResult, report } from './learners/report.ts'
import { budgets, subjectNames } from './learners/subjects.ts'
import { restorationsOf, samplesOf } from './learners/use.ts'

/** An array of a file, or what makes it, which then is the file. */
const cached = async (path: string, make: () => Promise<NdArray<'float32'>>): Promise<NdArray<'float32'>> => {
  if (!existsSync(path)) writeArrays(path, { x: await make() })
  const { x } = readArrays(path)
  if (x?.data instanceof Float32Array) return new NdArray('float32', x.shape, x.data)
  throw new TweedieError('input', `${path}: expected a float32 array 'x'`)
}

/** Samples of each lap's prior; those of the last are there already. */
const lapsOf = async (
  kind: LearnerKind,
  { run, plan, last }: { run: Run; plan: Plan; last: NdArray<'float32'> },
  call: LongCall,
): Promise<LapSamples[]> => {
  const kept = keptCheckpoints(run)
  const laps: LapSamples[] = []
  for (const [i, path] of kept.entries()) {
    const lap = Number(/lap-(\d+)/.exec(basename(path))?.[1] ?? 0)
    const file = join(run.paths.draws, `prior-of-lap-${lap}.npz`)
    const draw = () => samplesOf(kind, loadPrior(path), plan, call)
    laps.push({ lap, samples: i === kept.length - 1 ? last : await cached(file, draw) })
  }
  return laps
}

const make = async (kind: LearnerKind, plan: Plan, path: string, call: LongCall): Promise<LearnerResult> => {
  const { budget, data, keep, steps, experiment, set } = plan
  const of = { data, keep, budget, images: set.y.shape[0], seed: experiment.seed }
  const config = { learner: kind.name, steps, ...of }
  const run = openRun(path, { config, resume: isRunFolder(path) })
  try {
    const done = join(run.paths.checkpoints, 'prior.safetensors')
    const prior: LearnedPrior = existsSync(done) ? loadPrior(done) : await kind.fit(run, plan, call)
    const draws = (name: string) => join(run.paths.draws, name)
    const seconds = run.journal.seconds
    const samples = await cached(draws('prior.npz'), () => samplesOf(kind, prior, plan, call))
    const restored = await cached(draws('restored.npz'), () => restorationsOf(kind, prior, plan, call))
    const laps = await lapsOf(kind, { run, plan, last: samples }, call)
    return { kind, seconds, samples, restored, laps }
  } finally {
    run.close()
  }
}

/** A line on stderr every ten seconds. */
const progressOf = (name: string): Progress => {
  let shown = 0
  return ({ phase, done, total, lap, loss }) => {
    if (Date.now() - shown < 10_000) return
    shown = Date.now()
    const more = [
      lap === undefined ? '' : `lap ${lap}`,
      typeof loss === 'number' ? `loss ${loss.toFixed(3)}` : '',
    ]
    console.error(`${name}: ${phase} ${done}/${total} ${more.join(' ')}`.trimEnd())
  }
}

/** A name of a list, given by an option. */
const oneOf = <T extends string>(option: string, names: readonly T[], given: string): T => {
  const found = names.find((name) => name === given)
  if (found !== undefined) return found
  throw new TweedieError('input', `--${option}: expected one of ${names.join(', ')}, got '${given}'`)
}

const shareOf = (given: string): number => {
  const keep = Number(given)
  if (keep > 0 && keep < 1) return keep
  throw new TweedieError('input', `--keep: expected a share of the pixels in (0, 1), got '${given}'`)
}

const wanted = (only: string | undefined): readonly LearnerKind[] => {
  const names = only?.split(',')
  const unknown = names?.find((name) => !learners.some((kind) => kind.name === name))
  if (unknown !== undefined) {
    const known = learners.map(({ name }) => name).join(', ')
    throw new TweedieError('input', `--only: expected some of ${known}, got '${unknown}'`)
  }
  return learners.filter(({ name }) => names === undefined || names.includes(name))
}

const optionsOf = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      data: { type: 'string', default: 'digits' },
      keep: { type: 'string', default: '0.25' },
      budget: { type: 'string', default: 'full' },
      only: { type: 'string' },
      out: { type: 'string' },
      workers: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  }).values

/** A learner by its name, in its run folder. */
const makerOf = async (
  { data, keep, budget, out, only }: ReturnType<typeof optionsOf>,
  signal: AbortSignal,
) => {
  const plan = await planOf({
    data: oneOf('data', subjectNames, data),
    keep: shareOf(keep),
    budget: oneOf('budget', budgets, budget),
  })
  const folder = out ?? `runs/learners-${plan.budget}`
  const kinds = wanted(only)
  const makeOne = async (name: string): Promise<LearnerResult> => {
    const [kind] = wanted(name)
    return make(kind, plan, join(folder, name), { signal, onProgress: progressOf(name) })
  }
  return { plan, folder, names: kinds.map(({ name }) => name), makeOne }
}

/** The learners, for one of several processes: what they make is in their folders. */
export const cells = async (args: readonly string[]): Promise<DoJob> => {
  const { makeOne } = await makerOf(optionsOf(args), new AbortController().signal)
  return async (job) => {
    await makeOne(z.string().parse(job))
  }
}

/** @returns the exit code: 2 for bad input, 130 when interrupted */
export const run = async (args: readonly string[]): Promise<number> => {
  const values = optionsOf(args)
  const { signal, dispose } = interruptible()
  try {
    const { plan, folder, names, makeOne } = await makerOf(values, signal)
    const asked = { bench: 'learners', args, workers: values.workers, signal }
    if (values.workers !== undefined)
      await eachCell(asked, names, { make: async () => {}, made: z.void() }, () => {})
    const results: LearnerResult[] = []
    for (const name of names) results.push(await makeOne(name))
    await report(results, plan, { out: folder, json: values.json })
    return 0
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    console.error(`bench: ${error.message}`)
    return error.code === 'interrupted' ? 130 : 2
  } finally {
    dispose()
  }
}
