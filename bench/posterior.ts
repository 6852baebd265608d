/** `npm run bench -- posterior`: steps of the MMPS posterior sampler, against PyTorch. */
import { mmpsStep } from './networks.ts'
import { race } from './race.ts'

/** @returns the exit code */
export const run = (args: readonly string[]): Promise<number> => race(args, [mmpsStep(1), mmpsStep(3)])
