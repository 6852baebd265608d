/**
 * Trains the demo's oracle: the network of `experiments/demo.yaml` on clean digits, for as many optimiser
 * steps as the demo takes in all its laps, and judges it on the demo's test. Writes `data/oracle-demo.json`.
 *
 *     npx tsx scripts/prepare-oracle.ts
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diemOptionsOf, networkConfigOf, trainingOf } from '../src/cli/config/building.ts'
import { loadClean } from '../src/cli/config/loading.ts'
import { recordOf } from '../src/cli/config/record.ts'
import { demoExperiment, demoTestPlan } from '../src/cli/demo/demo.ts'
import { demoFigures, type Oracle } from '../src/cli/demo/figures.ts'
import { restoreWithPrior, testSet } from '../src/cli/demo/restore-digits.ts'
import { makeIo } from '../src/cli/io.ts'
import { writeAtomic } from '../src/formats/index.ts'
import { applyAffine, toPrior } from '../src/operators/index.ts'
import { openRun, train } from '../src/run/index.ts'

const experiment = demoExperiment('full', undefined)
const { em, schedule, seed } = experiment
const stepsOf = diemOptionsOf(experiment).steps
const steps = Array.from({ length: em.laps }, (_, lap) => stepsOf(lap)).reduce((a, b) => a + b)
const io = makeIo({ stdout: process.stdout, stderr: process.stderr }, {}, new AbortController().signal)
const clean = await loadClean('mnist', { split: 'train', count: experiment.data.count })
const x = applyAffine(toPrior(clean.range), clean.x)
const folder = mkdtempSync(join(tmpdir(), 'oracle-'))
const run = openRun(folder, { config: recordOf(experiment), replace: true })
const prior = await train(run, {
  net: networkConfigOf(experiment, x.shape.slice(1)),
  x,
  range: clean.range,
  options: trainingOf(experiment, steps),
  steps,
  ...schedule,
  seed,
  onProgress: io.progress,
})
run.close()
const plan = demoTestPlan('full', experiment)
const { figures } = await restoreWithPrior(
  prior,
  await testSet(plan.count, 0.25, 0.05),
  plan,
  io,
  'restoring (oracle)',
)
const oracle: Oracle = {
  command: 'npx tsx scripts/prepare-oracle.ts',
  steps,
  digits: x.shape[0],
  figures: demoFigures(figures),
}
writeAtomic(
  join(import.meta.dirname, '../data/oracle-demo.json'),
  new TextEncoder().encode(`${JSON.stringify(oracle, null, 2)}\n`),
)
rmSync(folder, { recursive: true })
io.result(JSON.stringify(oracle, null, 2), oracle)
