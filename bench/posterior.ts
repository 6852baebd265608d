/** `npm run bench -- posterior`: steps of posterior samplers, against PyTorch. */
import { dpsStep, mmpsStep, pigdmStep } from './networks.ts'
import { race } from './race.ts'

/** @returns the exit code */
export const run = (args: readonly string[]): Promise<number> =>
  race(args, [mmpsStep(1), mmpsStep(3), dpsStep, pigdmStep])
