/**
 * `tweedie demo`: the whole pipeline on real digits, from incomplete observations to restored images and a
 * report.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { exponentialSchedule } from '../../diffusion/index.ts'
import { readText, writeArrays, writeAtomic } from '../../formats/index.ts'
import { parseJson } from '../../json.ts'
import { wholeSet } from '../../observations/index.ts'
import { mmps } from '../../posterior/index.ts'
import { type DemoReport, demoReport, pngOf, runContent, writeReport } from '../../report/index.ts'
import { GAUSSIAN_START, type LearnedPrior, learn, loadPrior, openRun, type Run } from '../../run/index.ts'
import type { ExecuteOptions } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { diemOptionsOf, levelsOf, networkConfigOf } from '../config/building.ts'
import { loadConfig } from '../config/config.ts'
import { loadObservations } from '../config/loading.ts'
import { recordOf } from '../config/record.ts'
import { type Experiment, experimentSchema } from '../config/schema.ts'
import type { Io } from '../io.ts'
import { lapMonitor } from '../learning/monitor.ts'
import { packaged } from '../packaged.ts'
import { figureTable, type Oracle, oracleSchema } from './figures.ts'
import { restoreWithGaussian, restoreWithPrior, type TestPlan, testSet } from './restore-digits.ts'

/** Experiment, test digits and draws of the full demo and of the quick one. */
const plans = {
  full: { config: 'experiments/demo.yaml', count: 500, draws: 25, steps: 40 },
  quick: { config: 'experiments/demo-quick.yaml', count: 32, draws: 20, steps: 12 },
} as const

/** Observation of the digits, for learning and testing alike. */
const KEEP = 0.25
const NOISE = 0.05

/** The demo's experiment. */
export const demoExperiment = (plan: keyof typeof plans, seed: number | undefined): Experiment =>
  loadConfig(experimentSchema, packaged(plans[plan].config), seed === undefined ? [] : [`seed=${seed}`])

/** How the demo tests a prior. */
export const demoTestPlan = (
  plan: keyof typeof plans,
  { schedule, em, seed }: Experiment,
  execute: ExecuteOptions = {},
): TestPlan => ({
  count: plans[plan].count,
  draws: plans[plan].draws,
  ...execute,
  schedule: exponentialSchedule(schedule),
  steps: plans[plan].steps,
  method: mmps({ iterations: em.sampling.iterations }),
  batch: 100,
  seed,
})

/** The shipped figures of the oracle, where the package has them. */
const oracleFigures = (): Oracle | undefined => {
  const path = packaged('data/oracle-demo.json')
  return existsSync(path) ? oracleSchema.parse(parseJson(readText(path), path)) : undefined
}

/** Seconds of each phase, in order. */
class Stopwatch {
  readonly seconds: Record<string, number> = {}
  async time<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    const result = await work()
    this.seconds[phase] = (performance.now() - start) / 1000
    return result
  }
}

const learnDigits = async (
  folder: Run,
  experiment: Experiment,
  io: Io,
  execute: ExecuteOptions,
): Promise<LearnedPrior> => {
  const set = wholeSet(await loadObservations(experiment))
  return learn(folder, {
    net: networkConfigOf(experiment, set.operator.event),
    set,
    ...levelsOf(experiment),
    options: diemOptionsOf(experiment, execute),
    onLap: await lapMonitor(folder, experiment, io, execute),
    onProgress: (event) => io.progress({ ...event, laps: experiment.em.laps }),
    signal: io.signal,
  })
}

/** Writes `report.html` and the pictures of `figures/`. */
const writePages = async ({ paths }: Run, found: Omit<DemoReport, 'run'>): Promise<void> => {
  const { markup, pictures } = demoReport({ ...found, run: await runContent(paths.path) })
  for (const [name, picture] of Object.entries(pictures))
    writeAtomic(join(paths.figures, `${name}.png`), pngOf(picture))
  writeReport(paths.report, markup)
}

export const run = async (_args: readonly string[], options: OptionsOf<'demo'>, io: Io): Promise<void> => {
  const size = options.quick ? 'quick' : 'full'
  const experiment = demoExperiment(size, options.seed)
  const plan = demoTestPlan(size, experiment, { device: options.device })
  const folder = openRun(options.run, { config: recordOf(experiment), resume: options.resume, replace: true })
  try {
    io.note(
      `${experiment.data.count} digits, three pixels in four deleted, noise ${NOISE}: ` +
        `learning their prior in ${experiment.em.laps} laps (EM iterations), ` +
        `then restoring ${plan.count} others ` +
        `(${options.quick ? 'about a minute' : 'about ten minutes on two cores'})`,
    )
    const watch = new Stopwatch()
    const prior = await watch.time('learn', () =>
      learnDigits(folder, experiment, io, { device: options.device }),
    )
    const test = await testSet(plan.count, KEEP, NOISE)
    const start = loadPrior(join(folder.paths.checkpoints, `${GAUSSIAN_START}.safetensors`)).gaussian
    const gaussian = await watch.time('restore with the Gaussian', () =>
      restoreWithGaussian(start, test, plan, io),
    )
    const learned = await watch.time('restore with the learned prior', () =>
      restoreWithPrior(prior, test, plan, io),
    )
    writeArrays(join(folder.paths.draws, 'test.npz'), {
      draws: learned.draws,
      y: test.set.y,
      mask: test.observed,
      truth: test.truth,
    })
    const oracle = options.quick ? undefined : oracleFigures()
    const table = figureTable(gaussian.figures, learned.figures, oracle)
    await watch.time('report', () =>
      writePages(folder, {
        command: commandOf(options),
        seed: experiment.seed,
        laps: experiment.em.laps,
        learnedFrom: experiment.data.count ?? 0,
        restored: plan.count,
        draws: plan.draws,
        seconds: watch.seconds,
        table,
        oracle,
        test: { truth: test.truth, y: test.set.y, mask: test.observed },
        learned: { draws: learned.draws, coverage: learned.figures.coverage },
        gaussian: { draws: gaussian.draws, coverage: gaussian.figures.coverage },
      }),
    )
    const peakRssMB = Math.round(process.resourceUsage().maxRSS / 1024)
    const total = folder.journal.seconds
    io.result(
      `${table.text}\n\n${total.toFixed(0)} s, peak memory ${peakRssMB} MB\nreport: ${folder.paths.report}`,
      {
        observations: experiment.data.count ?? null,
        laps: experiment.em.laps,
        test: plan.count,
        draws: plan.draws,
        figures: table.figures,
        seconds: watch.seconds,
        totalSeconds: total,
        peakRssMB,
        report: folder.paths.report,
      },
    )
  } finally {
    folder.close()
  }
}

const commandOf = ({ quick, seed }: OptionsOf<'demo'>): string =>
  [
    'npm run demo',
    ...(quick || seed !== undefined ? ['--'] : []),
    ...(quick ? ['--quick'] : []),
    ...(seed === undefined ? [] : [`--seed ${seed}`]),
  ].join(' ')
