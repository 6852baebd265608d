/** Commands that draw. */
import { type CommandModule, type CommandSpec, device, judgedBy, workers } from './spec.ts'

/** Options of commands that draw. */
const result = {
  output: {
    kind: 'text',
    short: 'o',
    value: 'path',
    description: 'file for the result (default: draws/ of the run folder)',
  },
  draws: { kind: 'integer', short: 'n', default: 16, min: 1, description: 'draws per observation' },
  calibrated: {
    kind: 'flag',
    description: "also write intervals as 'tweedie calibrate' has repaired them (lower90, upper90, …)",
  },
  strict: {
    kind: 'flag',
    description: 'stop when a draw is not finite after further tries (default: NaN in the file, and named)',
  },
  workers: workers('draw'),
} as const

export const drawing = {
  sample: {
    summary: 'draw from a prior, or from the posterior given observations',
    description: `Draws samples with a learned prior: of the posterior when an observation set is given, else
of the prior. Writes the draws, and for observations their mean and spread (standard deviation).`,
    more: async () => {
      const { filesHelp } = await import('./files.ts')
      const { methodsHelp } = await import('./methods.ts')
      const { gridsHelp, stepsHelp } = await import('./steps.ts')
      return `${filesHelp}\n\n${methodsHelp}\n\n${stepsHelp}\n\n${gridsHelp}`
    },
    arguments: [
      { usage: '<prior>', description: 'run folder or checkpoint of a prior' },
      { usage: '[observations]', description: 'observation set; without it the prior itself is sampled' },
    ],
    options: {
      ...result,
      steps: {
        kind: 'integer',
        min: 1,
        description: 'steps of the sampler (default 32 of multistep kinds, else 64)',
      },
      step: {
        kind: 'text',
        value: 'name',
        description: 'how the noise is taken away, such as ddpm or adams:stochasticity=0 (default: adams)',
      },
      grid: {
        kind: 'text',
        value: 'name',
        description:
          'noise levels of the steps, such as karras or respaced (default: tapered of multistep kinds, ' +
          'else uniform)',
      },
      start: {
        kind: 'choice',
        choices: ['informed', 'plain'],
        default: 'informed',
        description: 'where draws start: what is known at the highest level, or the mean and noise',
      },
      method: {
        kind: 'text',
        value: 'name',
        description:
          'posterior sampler, with settings, such as dps:zeta=0.5 (default: mmps, by --iterations, ' +
          '--solver and --covariance)',
      },
      iterations: {
        kind: 'integer',
        default: 5,
        min: 1,
        description: 'solver iterations per step (MMPS), at most as many as y has entries',
      },
      solver: {
        kind: 'choice',
        choices: ['auto', 'cg', 'gmres', 'bicgstab', 'steihaug'],
        description:
          'linear solver inside MMPS (default auto: gmres, preconditioned for blurs and resampling, ' +
          'else cg for one iteration; steihaug: cg that goes no further than V explains)',
      },
      covariance: {
        kind: 'choice',
        choices: ['tweedie', 'zeros', 'ones', 'cov_t', 'cov_x'],
        default: 'tweedie',
        description: 'V[x | xt] inside the linear system',
      },
      batch: {
        kind: 'integer',
        default: 64,
        min: 1,
        description: 'samples drawn at once, with --tile tiles (memory, not result)',
      },
      tile: {
        kind: 'flag',
        description: 'observations of larger images or series than the prior knows, by overlapping tiles',
      },
      overlap: {
        kind: 'integer',
        min: 0,
        description: 'with --tile: entries that tiles share at least (default a quarter of a tile)',
      },
      count: { kind: 'integer', min: 1, description: 'use the first n observations only' },
      images: { kind: 'flag', description: 'also write mean, spread and first draws as PNG' },
      report: {
        kind: 'flag',
        description: 'also write the report of the run, with these restorations in it',
      },
      minutes: {
        kind: 'number',
        value: 'minutes',
        min: 0.1,
        description: 'time after which no further draw is begun; two are made in any case',
      },
      ...judgedBy,
      device,
    },
    examples: [
      {
        command: 'tweedie sample runs/digits test.npz --draws 16 -o restored.npz',
        does: 'mean, spread and 16 draws of each observation',
      },
      {
        command: 'tweedie sample runs/digits test.npz --count 100 --report',
        does: 'the same into the run folder, and runs/digits/report.html',
      },
      {
        command: 'tweedie sample runs/digits test.npz --draws 19 --report --truth truth.npz',
        does: 'with the figures of these restorations, beside those of simple baselines',
      },
      {
        command: 'tweedie sample runs/digits test.npz --workers 2 -o restored.npz',
        does: 'two processes draw: the same, bit for bit',
      },
      {
        command: 'tweedie sample runs/digits -n 64 --images -o prior.npz',
        does: '64 digits that the prior makes up',
      },
    ],
    renamed: { sampler: 'step' },
    load: (): Promise<CommandModule> => import('../commands/sample.ts'),
  },
  restore: {
    summary: 'draw from the posterior with a distilled sampler, in one pass or a few',
    description: `Restores observations with a sampler that 'tweedie distill' made. Writes the draws, their
mean and spread (standard deviation), and, of flows, logq, the log density of each draw under the sampler.

With --refine the draws are weighted by the posterior (weights), or improved by a few steps of a diffusion
sampler that start from them (mmps, langevin); that takes the prior. With --truth it says what this bought,
and writes logqTruth, the log density of the truth, which 'tweedie diagnose' ranks among those of the draws.

With --onnx and no observations, writes the sampler as an ONNX file that makes --draws draws in one run.`,
    more: async () => (await import('./files.ts')).filesHelp,
    arguments: [
      { usage: '<sampler>', description: 'run folder or checkpoint of a sampler' },
      { usage: '[observations]', description: 'observation set, observed as those that it learned from' },
      {
        usage: '[key=value...]',
        description: 'with --trust: other settings than the run has, trust.times=8',
      },
    ],
    options: {
      ...result,
      batch: {
        kind: 'integer',
        default: 1024,
        min: 1,
        description: 'draws made at once (memory, not result)',
      },
      count: { kind: 'integer', min: 1, description: 'use the first n observations only' },
      summary: { kind: 'flag', description: 'write mean, spread and logq without the draws' },
      refine: {
        kind: 'choice',
        value: 'how',
        choices: ['weights', 'mmps', 'langevin'],
        description: 'refine the draws: by importance weights, or by steps of a slow sampler',
      },
      refineSteps: {
        kind: 'integer',
        min: 1,
        description: 'steps (default 16); of weights, evaluations of the bound for each draw (default 64)',
      },
      refineFrom: {
        kind: 'number',
        value: 'level',
        default: 1,
        min: 0,
        description: 'mmps, langevin: noise level to go back to; data have a spread of about 1',
      },
      prior: {
        kind: 'text',
        value: 'path',
        description: 'prior of --refine and --beside (default: the one that the sampler was distilled from)',
      },
      truth: {
        kind: 'text',
        value: 'file',
        description:
          'clean data of the observations: says how near the restorations come (PSNR), writes logqTruth',
      },
      onnx: { kind: 'text', value: 'file', description: 'write the sampler as ONNX instead' },
      trust: {
        kind: 'flag',
        description: 'with --onnx: measure how far to trust it anew, by what its distillation kept back',
      },
      beside: {
        kind: 'integer',
        value: 'n',
        min: 1,
        description: 'with --onnx, where trust is measured: restore n of these observations by MMPS too',
      },
      device,
    },
    examples: [
      {
        command: 'tweedie restore runs/fast test.npz -n 128 -o restored.npz',
        does: 'mean, spread and 128 draws of each observation, with their log q',
      },
      {
        command: 'tweedie restore runs/fast test.npz -n 128 --refine weights --truth truth.npz',
        does: 'the same with weights, how far to trust them, and the gain in PSNR',
      },
      {
        command: 'tweedie restore runs/fast test.npz -n 19 --truth truth.npz -o judged.npz',
        does: 'draws with log q of the truth beside theirs, as diagnose ranks them',
      },
      {
        command: 'tweedie restore runs/fast --onnx digits.onnx -n 1',
        does: 'the sampler for other programs',
      },
      {
        command: 'tweedie restore runs/fast --onnx digits.onnx --trust --beside 64',
        does: 'with how far to trust it, and MMPS on 64 observations beside it',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/restore.ts'),
  },
} as const satisfies Readonly<Record<string, CommandSpec>>
