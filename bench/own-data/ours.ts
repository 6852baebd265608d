/** Ours, by the commands that a user gives: learn from the observations, restore those that are judged. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Estimate } from '../../src/baselines/index.ts'
import { TweedieError } from '../../src/error.ts'
import { readArrays } from '../../src/formats/index.ts'
import { layoutOf } from '../../src/run/index.ts'
import { float32, type Shape } from '../../src/tensor/index.ts'
import { DRAWS } from './baselines.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Exit code of a command that an interrupt stopped after it had saved its work. */
const INTERRUPTED = 130

const MINUTE = 60_000

/** Runs a command of the working tree, and interrupts it after some minutes where so many are given. */
const tweedie = (args: readonly string[], minutes = Number.POSITIVE_INFINITY): Promise<number | null> =>
  new Promise((resolve, reject) => {
    console.error(`own-data: tweedie ${args.join(' ')}`)
    const program = ['--import', 'tsx', join(ROOT, 'src/cli/main.ts'), ...args]
    const child = spawn(process.execPath, program, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
    const timer = Number.isFinite(minutes)
      ? setTimeout(() => child.kill('SIGINT'), minutes * MINUTE)
      : undefined
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve(code)
    })
  })

/**
 * What the configuration of own images leaves to the user for other shapes. It goes when `learn` chooses the
 * network by itself.
 */
const overridesOf = (event: Shape): string[] => {
  if (event.length === 2) return ['net={kind: unet1d, channels: [32, 64], blocks: [1, 1], emb: 64}']
  return event.slice(1).some((side) => side % 4 !== 0) ? ['net.unshuffle=1'] : []
}

/**
 * Learns a prior from an observation set in a run folder, or goes on where the folder stopped.
 *
 * @returns seconds
 * @throws TweedieError `io` when the command fails
 */
export const learnPrior = async (
  observations: string,
  run: string,
  { event, minutes }: { readonly event: Shape; readonly minutes: number },
): Promise<number> => {
  const started = performance.now()
  const resume = existsSync(layoutOf(run).marker) ? ['--resume'] : []
  const settings = [`data.observations=${observations}`, ...overridesOf(event)]
  const code = await tweedie(
    ['learn', 'experiments/own-data.yaml', ...settings, '--run', run, ...resume],
    minutes,
  )
  if (code !== 0 && code !== INTERRUPTED)
    throw new TweedieError('io', `learning from ${observations} failed with exit code ${code}`)
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
