/**
 * `npm run bench -- posterior`: steps of posterior samplers, against PyTorch; and a whole draw of one
 * accuracy, which is our default step against the peer's ancestral ones.
 */
import { adams, ddpm, type Step } from '../src/diffusion/index.ts'
import { problems } from '../test/exact/circulant.ts'
import { outputs, relativeDistance } from '../test/exact/sampling.ts'
import { errorsOf } from '../test/exact/steps.ts'
import { dpsStep, mmpsStep, pigdmStep } from './networks.ts'
import { type Beside, type RaceOptions, type Result, race } from './race.ts'

/** Relative Bures error at which draws are compared: E13, 50 % mask. */
const ERROR = 0.02

/** Denoiser evaluations that a kind of step needs to get there: the first of these numbers that do. */
const evaluationsOf = async (
  candidates: readonly number[],
  errorAt: (steps: number) => Promise<number>,
  beside: number,
): Promise<number> => {
  for (const steps of candidates) if ((await errorAt(steps)) <= ERROR) return steps + beside
  throw new Error(`no number of steps up to ${candidates[candidates.length - 1]} reaches ${ERROR}`)
}

const range = (from: number, to: number, by: number): number[] =>
  Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by)

/** Our start takes two evaluations, and both samplers end with one. */
const needed = async (): Promise<{ ours: number; theirs: number }> => {
  const [, problem] = problems()
  const step: Step = adams()
  return {
    ours: await evaluationsOf(
      range(16, 64, 1),
      async (steps) => (await errorsOf(problem, { step, steps })).distance,
      3,
    ),
    theirs: await evaluationsOf(
      range(192, 512, 8),
      async (steps) => relativeDistance(problem, (await outputs(problem, steps))[ddpm().name]),
      1,
    ),
  }
}

const wholeDraws = async (_: RaceOptions, results: readonly Result[]): Promise<Beside | undefined> => {
  const { ours, theirs } = await needed()
  const draws = results
    .filter(({ peer, case: name }) => peer && name.startsWith('mmps'))
    .map(({ what, ours: mine, peer }) => {
      const [a, b] = [ours * mine.min, theirs * (peer?.min ?? Number.NaN)]
      return { what, ours: a / 1000, peer: b / 1000, ratio: a / b }
    })
  const lines = draws.map(
    ({ what, ours: a, peer: b, ratio }) =>
      `${what}: ${a.toFixed(2)} s against ${b.toFixed(2)} s, ratio ${ratio.toFixed(3)} (target 0.3)`,
  )
  return {
    line: [
      `\na draw at a Bures error of ${ERROR}: ` +
        `${ours} evaluations of ours, ${theirs} ancestral ones of the peer`,
      ...lines,
    ].join('\n'),
    json: { atError: { error: ERROR, evaluations: { ours, peer: theirs }, draws } },
  }
}

/** @returns the exit code */
export const run = (args: readonly string[]): Promise<number> =>
  race(args, [mmpsStep(1), mmpsStep(3), dpsStep, pigdmStep], wholeDraws)
