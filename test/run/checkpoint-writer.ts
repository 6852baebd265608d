/** Writes checkpoints without end, each told by one journal line: the victim of the SIGKILL test. */
import { openRun, resumeCheckpoint, saveCheckpoint } from '../../src/run/index.ts'
import { full } from '../../src/tensor/ndarray.ts'

const run = openRun(process.argv[2], { config: { steps: 'endless' }, resume: true })
const start = Number(resumeCheckpoint(run)?.state ?? 0)
for (let step = start + 1; ; step++) {
  run.journal.append({ event: 'step', step })
  saveCheckpoint(run, 'step', {
    arrays: { net: [{ w: full([50_000], step) }, { w: full([7, 3], step) }] },
    state: step,
  })
  if (step === start + 1) process.stdout.write('ready\n')
}
