/** `npm run bench -- train`: whole training steps, against PyTorch. */
import { mlpTrain, unetTrain } from './networks.ts'
import { race } from './race.ts'

/** @returns the exit code */
export const run = (args: readonly string[]): Promise<number> => race(args, [mlpTrain, unetTrain])
