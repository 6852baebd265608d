/** Training on an objective in a run folder, from where the folder stands. */

import { type NetworkConfig, network } from '../../src/nn/index.ts'
import { checkAborted, type LongCall } from '../../src/progress.ts'
import { stream } from '../../src/random/index.ts'
import { LOSS_EVERY, type Run, resumeCheckpoint, saveCheckpoint } from '../../src/run/index.ts'
import { type NdArray, type Tree, unflatten } from '../../src/tensor/index.ts'
import { type Learner, type LearnerOptions, learner, type Objective } from '../../src/training/learner.ts'
import { initTrainState, type TrainState } from '../../src/training/trainer.ts'

/** What is trained. */
export interface ObjectiveRun extends LongCall {
  readonly net: NetworkConfig
  readonly objective: Objective
  readonly options: LearnerOptions
  readonly steps: number
  readonly seed: number
}

const CHECKPOINT_SECONDS = 60

interface Point {
  readonly step: number
  readonly state: TrainState
}

/** The newest resume point, its number of steps in its name's state. */
const pointOf = (run: Run, fresh: TrainState): Point => {
  const saved = resumeCheckpoint(run)
  if (!saved) return { step: 0, state: fresh }
  const { state, arrays, path } = saved
  return { step: Number(state), state: unflatten({ train: fresh }, arrays, path).train }
}

const stepThrough = async (
  { step }: Learner,
  run: Run,
  start: Point,
  { steps, onProgress, signal }: ObjectiveRun,
): Promise<TrainState> => {
  let [state, saved] = [start.state, Date.now()]
  const save = (done: number) => {
    saveCheckpoint(run, `step-${done}`, { arrays: { train: state }, state: done })
    saved = Date.now()
  }
  for (let i = start.step; i < steps; i++) {
    if (signal?.aborted) save(i)
    checkAborted(signal)
    const next = await step(state, { lap: 0, step: i })
    state = next.state
    onProgress?.({ phase: 'training', done: i + 1, total: steps, loss: next.loss })
    if ((i + 1) % LOSS_EVERY === 0)
      run.journal.append({ event: 'loss', lap: 0, step: i + 1, loss: next.loss })
    if (Date.now() - saved > 1000 * CHECKPOINT_SECONDS) save(i + 1)
  }
  return state
}

/** @returns the averaged weights after the last step */
export const trainObjective = async (run: Run, request: ObjectiveRun): Promise<Tree<NdArray>> => {
  const { net, objective, options, seed } = request
  const start = pointOf(run, initTrainState(network(net).init(seed)))
  const compiled = learner(objective, options, stream(seed, 'rows'))
  try {
    return (await stepThrough(compiled, run, start, request)).average
  } finally {
    await compiled.release()
  }
}
