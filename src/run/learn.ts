/** DiEM in a run folder: checkpoints by the clock, a journal, a prior kept for every lap. */
import { join } from 'node:path'
import {
  type DiemHooks,
  type DiemPoint,
  type DiemState,
  diem,
  type GaussianChoice,
  keptSamples,
} from '../em/index.ts'
import { TweedieError } from '../error.ts'
import { network } from '../nn/index.ts'
import type { Observations } from '../observations/index.ts'
import type { Progress } from '../progress.ts'
import { keptCheckpoints } from './checkpoint.ts'
import type { Run } from './folder.ts'
import { type HeldBench, heldBench } from './held-bench.ts'
import { edgeChoiceOf, edgesWin } from './learning/edge-choice.ts'
import { chosenLap, heldReadings } from './learning/held-choice.ts'
import type { LearnRequest } from './learning/learn-request.ts'
import {
  type LearnPoint,
  priorOf,
  resumeLearning,
  samplesName,
  saveState,
  startName,
  sweepSamples,
} from './learning/learn-state.ts'
import { type Deadline, type LearningTime, learningTime } from './learning/learning-time.ts'
import { refit } from './learning/refit.ts'
import { folderSamples } from './learning/shard-folder.ts'
import { startFolder } from './learning/start-folder.ts'
import { type LearnedPrior, loadPrior, savePrior } from './prior.ts'
import { sharedLap } from './shards/shared-lap.ts'
import { sharedRounds, sharesRounds } from './shards/shared-rounds.ts'
import { isJournalled, saveClock } from './training-run.ts'

/** Name of the kept checkpoint that holds the Gaussian start; its network has learned nothing yet. */
export const GAUSSIAN_START = 'gaussian-start'

/** Name of the kept checkpoint after so many laps. */
const lapName = (laps: number): string =>
  laps === 0 ? GAUSSIAN_START : `lap-${String(laps).padStart(3, '0')}`

/** The last lap whose prior is kept, 0 for the Gaussian start. */
const lastLap = (run: Run): number =>
  Math.max(...keptCheckpoints(run).map((path) => Number(/lap-(\d+)\./.exec(path)?.[1] ?? 0)))

/** Part of the last lap's training after which a lap that was stopped is worth a look. */
const WORTH_A_LOOK = 0.25

/** Before the Gaussian start is made there is no prior. What it has kept of its work is there still. */
const tooShort = (cause: unknown): unknown =>
  cause instanceof TweedieError && cause.code === 'interrupted'
    ? new TweedieError(
        'input',
        'the time was up before the Gaussian start was made; give it more (--resume --minutes …), ' +
          'it goes on from where it is',
        { cause },
      )
    : cause

/** What DiEM tells of itself, in a phase that may have a deadline. */
const hooksOf = (
  run: Run,
  { options, checkpointSeconds, onProgress, signal: asked, executor }: LearnRequest,
  set: Observations,
  due: Deadline | undefined,
  save: (state: DiemState) => void,
  base?: string,
) => {
  const clock = saveClock(checkpointSeconds)
  const signals = [asked, due?.signal].filter((s) => s !== undefined)
  const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined
  const folderOf = (lap: number): string => join(run.paths.draws, samplesName(lap, base))
  const trainers = executor && sharesRounds(executor, options.replicas?.count ?? 1) ? executor : undefined
  return {
    ...(signal ? { signal } : {}),
    onProgress: ({ phase, done, total, lap, loss }) => {
      const by = phase === 'sampling' ? executor : phase === 'training' ? trainers : undefined
      onProgress?.({
        phase,
        done,
        total,
        lap: lap + 1,
        ...(loss === undefined ? {} : { loss }),
        ...by?.workers(),
      })
      if (phase === 'training' && isJournalled(done, total) && loss !== undefined)
        run.journal.append({ event: 'loss', lap: lap + 1, step: done, loss })
      due?.check()
    },
    startMemory: startFolder(join(run.paths.draws, startName(base)), checkpointSeconds),
    samples: (lap, layout, written) =>
      folderSamples(folderOf(lap), layout, written, { keep: executor !== undefined }),
    ...(executor
      ? {
          drawLap: async (work, onShard) => {
            const { lap } = work.prior
            const who = await sharedLap(executor, folderOf(lap), work, { set, onShard, signal })
            run.journal.append({ event: 'shards', lap: lap + 1, ...who })
          },
        }
      : {}),
    ...(trainers
      ? {
          replicaRounds: (data) =>
            sharedRounds(trainers, folderOf(data.lap), data, {
              set,
              onEnd: (who) => run.journal.append({ event: 'rounds', lap: data.lap + 1, ...who }),
            }),
        }
      : {}),
    wantsCheckpoint: clock.due,
    onCheckpoint: (state) => {
      save(state)
      clock.saved()
    },
  } satisfies DiemHooks
}

/** Whether it was the time that ended the work, and not the user or an error of its own. */
const isTime = (due: Deadline | undefined, { signal }: LearnRequest): boolean =>
  (due?.signal.aborted ?? false) && !signal?.aborted

/** What the last lap on everything goes on from: the last resume point of the laps, and their choice. */
interface LapsEnd {
  readonly base: string
  readonly choice?: GaussianChoice
}

/**
 * The laps, until they are done or their time is up.
 *
 * @returns what they end with; nothing where no resume point was saved
 */
const learnLaps = async (
  run: Run,
  request: LearnRequest,
  bench: HeldBench | undefined,
  time: LearningTime | undefined,
  point: LearnPoint | undefined,
): Promise<LapsEnd | undefined> => {
  const { options } = request
  const due = time?.laps()
  let last: DiemState | undefined
  let name = point?.name
  const kept = async (lap: number, state: DiemState): Promise<LearnedPrior> => {
    const prior = priorOf(request, lap + 1, state)
    await savePrior(run, lapName(lap + 1), prior)
    await bench?.judge(lap, prior)
    return prior
  }
  const hooks = hooksOf(run, request, bench?.rest ?? request.set, due, (state) => {
    last = state
    name = saveState(run, state)
  })
  try {
    await diem(
      network(request.net),
      bench?.rest ?? request.set,
      options,
      {
        ...hooks,
        onLap: async (lap, state) => {
          const prior = await kept(lap, state)
          if (lap < 0 && request.edges) {
            const choice = await bench?.edges(state.gaussian)
            if (choice) request.onEdges?.(choice)
          }
          await request.onLap?.(lap, prior)
          run.journal.append({ event: 'lap', lap: lap + 1, kept: keptSamples(state).count })
          time?.measure()
        },
        firstEStep: () => {
          const choice = edgeChoiceOf(run.paths.journal)
          return choice && edgesWin(choice) ? { kind: 'edges', weight: choice.weight } : undefined
        },
        isEnough: () => bench?.isSettled() ?? false,
      },
      point?.state,
    )
  } catch (error) {
    if (!isTime(due, request)) throw error
    if (!last) throw point ? error : tooShort(error)
    const { lap, stage, done } = last.position
    run.journal.append({ event: 'time', lap: lap + 1, stage, done })
    if (stage === 'train' && lap >= 0 && done >= WORTH_A_LOOK * options.steps(lap)) await kept(lap, last)
  } finally {
    await bench?.release()
  }
  const choice = (last ?? point?.state)?.choice
  return name === undefined ? undefined : { base: name, ...(choice ? { choice } : {}) }
}

/** The last lap on all observations; nothing where the time was up before its end. */
const learnAll = async (
  run: Run,
  request: LearnRequest,
  best: LearnedPrior,
  time: LearningTime | undefined,
  { base, choice, resumed }: LapsEnd & { readonly resumed?: DiemPoint },
): Promise<LearnedPrior | undefined> => {
  const due = time?.all()
  const onProgress: Progress = ({ lap, phase, ...event }) =>
    request.onProgress?.({ ...event, phase: `last lap, ${phase}` })
  const save = (state: DiemState): void => {
    saveState(run, state, base)
  }
  const hooks = hooksOf(run, { ...request, onProgress }, request.set, due, save, base)
  try {
    return await refit(run, request, { best, resumed, choice }, hooks)
  } catch (error) {
    if (!isTime(due, request)) throw error
    run.journal.append({ event: 'time', lap: request.options.laps + 1, stage: 'all' })
    return undefined
  }
}

/**
 * Learns a prior in a run folder, from where the folder stands.
 *
 * @returns the prior, kept as `checkpoints/prior.safetensors`: of the last lap; with `held`, of the best lap
 * and, unless `refit` is false, one more on all observations. Where the time is up before the end of that
 * one, it is the prior of the best lap
 * @throws TweedieError `interrupted` after saving a resume point; `numeric` when training or sampling
 * explodes (the last resume point stays); `io` when the disk refuses; `input` for `held` of a blind set, and
 * where the time is up before the Gaussian start
 */
export const learn = async (run: Run, request: LearnRequest): Promise<LearnedPrior> => {
  const { set, held } = request
  const point = resumeLearning(run, request)
  const inRefit = point?.base
  const bench = held && inRefit === undefined ? await heldBench(run, set, held, request) : undefined
  const judged = bench !== undefined || inRefit !== undefined
  const hasRefit = judged && (held?.refit ?? true)
  const time = learningTime(run, request, hasRefit)
  const end = inRefit === undefined ? await learnLaps(run, request, bench, time, point) : { base: inRefit }
  const choice = judged ? chosenLap(heldReadings(run.paths.journal)) : { lap: lastLap(run) }
  if (bench) {
    const passed = choice.passed && { passed: { ...choice.passed } }
    run.journal.append({ event: 'choice', lap: choice.lap, ...passed })
    request.onChosen?.(choice)
  }
  const best = loadPrior(join(run.paths.checkpoints, `${lapName(choice.lap)}.safetensors`))
  const resumed = inRefit === undefined ? undefined : point?.state
  const whole =
    hasRefit && end !== undefined ? await learnAll(run, request, best, time, { ...end, resumed }) : undefined
  const prior = whole ?? best
  await savePrior(run, 'prior', prior)
  sweepSamples(run, { last: true })
  return prior
}
