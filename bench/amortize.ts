import { flowSample, flowTrain } from './amortize-cases.ts'
import { race } from './race.ts'

/** @returns the exit code */
export const run = (args: readonly string[]): Promise<number> =>
  race(args, [flowSample(1, 100), flowSample(128, 12), flowTrain])
