/** Ours, by the commands that a user gives: learn from the observations, restore those that are judged. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Estimate } from '../../src/baselines/index.ts'
import { TweedieError } from '../../src/error.ts'
import { readArrays } from '../../src/formats/index.ts'
import { layoutOf } from '../../src/run/index.ts'
import { float32 } from '../../src/tensor/index.ts'
import { DRAWS } from './baselines.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Runs a command of the working tree. */
const tweedie = (args: readonly string[]): Promise<number | null> =>
  new Promise((resolve, reject) => {
    console.error(`own-data: tweedie ${args.join(' ')}`)
    const program = ['--import', 'tsx', join(ROOT, 'src/cli/main.ts'), ...args]
    const child = spawn(process.execPath, program, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('close', resolve)
  })

/**
 * Learns a prior from an observation set in a run folder, or goes on where the folder stopped.
 *
 * @returns seconds
 * @throws TweedieError `io` when the command fails
 */
export const learnPrior = async (observations: string, run: string, minutes: number): Promise<number> => {
  const started = performance.now()
  const resume = existsSync(layoutOf(run).marker) ? ['--resume'] : []
  const code = await tweedie(['learn', observations, '--minutes', String(minutes), '--run', run, ...resume])
  if (code !== 0) throw new TweedieError('io', `learning from ${observations} failed with exit code ${code}`)
  return (performance.now() - started) / 1000
}

/**
 * Restores observations with a learned prior, by the defaults of `sample`.
 *
 * @throws TweedieError `io` when the command fails
 */
export const restored = async (prior: string, observations: string, path: string): Promise<Estimate> => {
  const code = await tweedie(['sample', prior, observations, '--draws', String(DRAWS), '--output', path])
  if (code !== 0) throw new TweedieError('io', `restoring ${observations} failed with exit code ${code}`)
  const { mean, draws } = readArrays(path)
  return { mean: float32(mean), draws: float32(draws) }
}
