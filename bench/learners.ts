/**
 * Learners of a prior from digits with three pixels in four deleted, compared: DiEM by the covariance in its
 * E-step, AmbientDiffusion, GSURE-Diffusion, and the oracle that sees clean digits. Same network, same
 * observations, as many optimiser steps.
 *
 *   npm run bench -- learners [--budget quick|full] [--only tweedie,ambient] [--out FOLDER]
 *     [--workers N] [--json]
 *
 * Each learner works in a run folder of its own below --out (default runs/learners-BUDGET); what is there is
 * not done again, what was interrupted goes on. `full` takes about five minutes of one core for each learner;
 * with --workers several learn at a time.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { TweedieError } from '../src/error.ts'
import { readArrays, writeArrays } from '../src/formats/index.ts'
import type { LongCall, Progress } from '../src/progress.ts'
import {
  type DoJob,
  interruptible,
  isRunFolder,
  type LearnedPrior,
  loadPrior,
  openRun,
} from '../src/run/index.ts'
import { NdArray } from '../src/tensor/index.ts'
import { eachCell } from './cell-workers.ts'
import { type LearnerKind, learners } from './learners/learners.ts'
import { type Budget, budgets, type Plan, planOf } from './learners/plan.ts'
import { type LearnerResult, report } from './learners/report.ts'
import { restorationsOf, samplesOf } from './learners/use.ts'

/** An array of a file, or what makes it, which then is the file. */
const cached = async (path: string, make: () => Promise<NdArray<'float32'>>): Promise<NdArray<'float32'>> => {
  if (!existsSync(path)) writeArrays(path, { x: await make() })
  const { x } = readArrays(path)
  if (x?.data instanceof Float32Array) return new NdArray('float32', x.shape, x.data)
  throw new TweedieError('input', `${path}: expected a float32 array 'x'`)
}

const make = async (kind: LearnerKind, plan: Plan, path: string, call: LongCall): Promise<LearnerResult> => {
  const { budget, steps, experiment, set } = plan
  const config = { learner: kind.name, budget, steps, digits: set.y.shape[0], seed: experiment.seed }
  const run = openRun(path, { config, resume: isRunFolder(path) })
  try {
    const done = join(run.paths.checkpoints, 'prior.safetensors')
    const prior: LearnedPrior = existsSync(done) ? loadPrior(done) : await kind.fit(run, plan, call)
    const draws = (name: string) => join(run.paths.draws, name)
    const seconds = run.journal.seconds
    const samples = await cached(draws('prior.npz'), () => samplesOf(kind, prior, plan, call))
    const restored = await cached(draws('restored.npz'), () => restorationsOf(kind, prior, plan, call))
    return { kind, seconds, samples, restored }
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

const budgetOf = (name: string): Budget => {
  const found = budgets.find((b) => b === name)
  if (found) return found
  throw new TweedieError('input', `--budget: expected one of ${budgets.join(', ')}, got '${name}'`)
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
      budget: { type: 'string', default: 'full' },
      only: { type: 'string' },
      out: { type: 'string' },
      workers: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  }).values

/** A learner by its name, in its run folder. */
const makerOf = async ({ budget, out, only }: ReturnType<typeof optionsOf>, signal: AbortSignal) => {
  const plan = await planOf(budgetOf(budget))
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
