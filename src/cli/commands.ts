import { operatorsHelp } from './operators-help.ts'
import type { OptionSpecs, ValuesOf } from './options.ts'

/** Options that every command takes. */
export const commonOptions = {
  json: {
    kind: 'flag',
    description: 'print one JSON object on stdout and nothing else; progress goes to stderr as JSON lines',
  },
  quiet: { kind: 'flag', short: 'q', description: 'no progress and no remarks' },
  debug: { kind: 'flag', description: 'show where an error came from' },
  threads: {
    kind: 'integer',
    value: 'n',
    min: 1,
    description: 'threads of the engine (default: the physical cores, or TWEEDIE_THREADS)',
  },
  seed: {
    kind: 'integer',
    value: 'n',
    min: 0,
    description: 'seed of every random number: the same seed and input give the same result',
  },
} as const satisfies OptionSpecs

/** One argument, as in the usage line: `<file>` is needed, `[file]` is not, `[more...]` is any number. */
export interface ArgumentSpec {
  readonly usage: string
  readonly description: string
}

/** What the command line says about a command; the work is in the module of the same name. */
export interface CommandSpec {
  /** One line for the list of commands. */
  readonly summary: string
  /** What it does with what, in a few lines, for `--help`. */
  readonly description: string
  readonly arguments: readonly ArgumentSpec[]
  readonly options: OptionSpecs
  /** A command that works, and what it does. */
  readonly examples: readonly { readonly command: string; readonly does: string }[]
}

const device = {
  kind: 'text',
  value: 'name',
  choices: ['cpu', 'webgpu', 'cuda'],
  default: 'cpu',
  description: 'where the networks run',
} as const

const resume = {
  kind: 'flag',
  description: 'continue the run where it stopped, to the byte',
} as const

const overrides = {
  usage: '[overrides...]',
  description: 'fields of the configuration, as key=value: em.laps=4 net.channels=[32,64]',
} as const

const learningOptions = (folder: string) =>
  ({
    run: {
      kind: 'text',
      short: 'o',
      value: 'folder',
      default: folder,
      description: 'run folder, made when absent',
    },
    resume,
    checkpointEvery: {
      kind: 'number',
      value: 'seconds',
      default: 60,
      min: 0,
      description: 'time between resume points; never changes the result',
    },
    device,
  }) as const

/** Every command, in the order of the help. */
export const commands = {
  observe: {
    summary: 'make an observation set: from clean data, or from your own observations and masks',
    description: `Makes an observation set, y = A x + noise, with one operator A per observation, and saves all of it in one file.

DATA is a .npy, .npz, .safetensors or .nii file, a folder of PNG or JPEG images, of CIFAR-10 .bin or fastMRI .h5 files, or a data set by name
(mnist, photos, mri, mri-macaque, manifold).
With --observed the data are observations already: they are checked and packed with --mask and --noise.

Operators, with their settings (key=value) and defaults: ${operatorsHelp}`,
    arguments: [
      { usage: '<data>', description: 'clean data, or observations with --observed' },
      { usage: '[settings...]', description: 'settings of the operator, as key=value: size=9 intensity=0.5' },
    ],
    options: {
      output: {
        kind: 'text',
        short: 'o',
        value: 'file',
        required: true,
        description: 'observation set to write (.npz or .safetensors)',
      },
      operator: {
        kind: 'text',
        value: 'name',
        default: 'mask',
        description: 'how the data are observed: one of the operators above',
      },
      keep: {
        kind: 'number',
        value: 'fraction',
        min: 0,
        description:
          'mask: fraction of the pixels that is kept, at random (default 0.25); the same as keep=…',
      },
      dimension: {
        kind: 'integer',
        value: 'n',
        min: 1,
        description: 'projection: numbers observed of each x (default 2); the same as dimension=…',
      },
      blind: {
        kind: 'flag',
        description:
          'draw parameters for each observation, but give samplers nominal ones: the truth is kept apart',
      },
      noise: {
        kind: 'number',
        value: 'sigma',
        min: 0,
        description:
          'standard deviation of the noise, in units of the data (default 0.05; to be given with --observed)',
      },
      photons: {
        kind: 'number',
        value: 'n',
        min: 0,
        description:
          'shot noise beside it: counts of an entry of value 1, by the Gaussian approximation of Poisson',
      },
      range: {
        kind: 'text',
        value: 'low,high',
        description: 'lowest and highest value of clean data (default 0,1): what the prior is scaled by',
      },
      mask: { kind: 'text', value: 'path', description: 'your own masks: 0 and 1, shaped like the data' },
      observed: { kind: 'flag', description: 'the data are observations: delete nothing, add no noise' },
      split: {
        kind: 'text',
        value: 'name',
        choices: ['train', 'test', 'all'],
        default: 'train',
        description: 'part of a named data set',
      },
      truth: {
        kind: 'text',
        value: 'file',
        description: 'also write the clean data here, to judge restorations by',
      },
      count: { kind: 'integer', value: 'n', min: 1, description: 'use the first n only' },
      skip: { kind: 'integer', value: 'n', default: 0, min: 0, description: 'leave out the first n' },
    },
    examples: [
      {
        command: 'tweedie observe mnist --keep 0.25 --noise 0.05 --count 5000 -o digits.npz',
        does: '5000 digits with three pixels in four deleted',
      },
      {
        command: 'tweedie observe photos/ --operator motion size=9 intensity=0.3 --noise 0.02 -o shaken.npz',
        does: 'photographs by a camera that shakes',
      },
      {
        command: 'tweedie observe y.npy --observed --mask mask.npy --noise 0.02 -o mine.npz',
        does: 'your own observations',
      },
    ],
  },
  learn: {
    summary: 'learn a diffusion prior from observations alone (DiEM)',
    description: `Learns what the clean data look like from corrupted observations alone: a Gaussian start, then laps of
posterior sampling and training (expectation-maximisation).

Ctrl-C saves a checkpoint and leaves with code 130; --resume goes on from there.`,
    arguments: [{ usage: '<config>', description: 'experiment to run (YAML)' }, overrides],
    options: learningOptions('runs/learn'),
    examples: [
      {
        command:
          'tweedie learn experiments/digits.yaml data.observations=digits.npz em.laps=4 -o runs/digits',
        does: 'a prior of digits in runs/digits',
      },
      { command: 'tweedie learn experiments/digits.yaml -o runs/digits --resume', does: 'goes on with it' },
      {
        command: 'tweedie learn experiments/digits.yaml em.laps=12 -o runs/digits --resume',
        does: 'adds laps to it, also when it was done',
      },
    ],
  },
  train: {
    summary: 'train a diffusion prior on clean data',
    description: `Trains a denoiser on clean data, for comparison or where clean data exist.

Ctrl-C saves a checkpoint and leaves with code 130; --resume goes on from there.`,
    arguments: [{ usage: '<config>', description: 'experiment to run (YAML)' }, overrides],
    options: learningOptions('runs/train'),
    examples: [
      {
        command: 'tweedie train experiments/digits.yaml data.clean=mnist -o runs/oracle',
        does: 'a prior of clean digits',
      },
    ],
  },
  sample: {
    summary: 'draw from a prior, or from the posterior given observations',
    description: `Draws samples with a learned prior: of the posterior when an observation set is given, else of the prior.
Writes the draws, and for observations their mean and spread (standard deviation).`,
    arguments: [
      { usage: '<prior>', description: 'run folder or checkpoint of a prior' },
      { usage: '[observations]', description: 'observation set; without it the prior itself is sampled' },
    ],
    options: {
      output: {
        kind: 'text',
        short: 'o',
        value: 'path',
        description: 'file (.npz, .safetensors) for the result (default: draws/ of the run folder)',
      },
      draws: {
        kind: 'integer',
        short: 'n',
        value: 'n',
        default: 16,
        min: 1,
        description: 'draws per observation',
      },
      steps: { kind: 'integer', value: 'n', default: 64, min: 1, description: 'steps of the sampler' },
      sampler: {
        kind: 'text',
        value: 'name',
        choices: ['ddpm', 'ddim', 'pc', 'heun'],
        default: 'ddpm',
        description: 'how the noise is taken away',
      },
      method: {
        kind: 'text',
        value: 'name',
        description:
          'posterior sampler, with settings: dps:zeta=0.5, pigdm, tmpd, diffpir, mcg, ddnm, repaint, red-diff, tds, smc-mmps … (default: MMPS)',
      },
      iterations: {
        kind: 'integer',
        value: 'n',
        default: 1,
        min: 1,
        description: 'solver iterations per step (MMPS)',
      },
      solver: {
        kind: 'text',
        value: 'name',
        choices: ['cg', 'gmres', 'bicgstab'],
        default: 'cg',
        description: 'linear solver inside MMPS',
      },
      covariance: {
        kind: 'text',
        value: 'name',
        choices: ['tweedie', 'zeros', 'ones', 'cov_t', 'cov_x'],
        default: 'tweedie',
        description: 'V[x | xt] inside the linear system',
      },
      batch: {
        kind: 'integer',
        value: 'n',
        default: 64,
        min: 1,
        description: 'samples drawn at once (memory, not result)',
      },
      count: { kind: 'integer', value: 'n', min: 1, description: 'use the first n observations only' },
      images: { kind: 'flag', description: 'also write mean, spread and first draws as PNG' },
      report: {
        kind: 'flag',
        description: 'also write the report of the run, with these restorations in it',
      },
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
        command: 'tweedie sample runs/digits -n 64 --images -o prior.npz',
        does: '64 digits that the prior makes up',
      },
    ],
  },
  distill: {
    summary: 'distil a prior into a one-step sampler, from measurements alone',
    description: `Trains a conditional flow to draw from the posterior in one pass: on measurements and the prior, without clean data.
Writes the sampler, and sampler.onnx with its manifest for other programs and browsers.

Ctrl-C saves a checkpoint and leaves with code 130; --resume goes on from there.`,
    arguments: [
      { usage: '<config>', description: 'distillation to run (YAML)' },
      {
        usage: '[overrides...]',
        description: 'fields of the configuration, as key=value: train.steps=500 flow.hidden=64',
      },
    ],
    options: learningOptions('runs/distill'),
    examples: [
      {
        command: 'tweedie distill distill.yaml prior=runs/digits data.observations=digits.npz -o runs/fast',
        does: 'a sampler of digits in runs/fast',
      },
      {
        command: 'tweedie distill distill.yaml measurement=3 -o runs/third',
        does: 'a sampler of one observation alone, row 3',
      },
    ],
  },
  restore: {
    summary: 'draw from the posterior with a distilled sampler: one pass for each draw',
    description: `Restores observations with a sampler that 'tweedie distill' made. Writes the draws, their mean and spread (standard deviation), and
logq, the log density of each draw under the sampler.

With --refine the draws are weighted by the posterior (weights), or improved by a few steps of a diffusion sampler that start from them
(mmps, langevin); that takes the prior. With --truth it says what this bought.

With --onnx and no observations, writes the sampler as an ONNX file that makes --draws draws in one run.`,
    arguments: [
      { usage: '<sampler>', description: 'run folder or checkpoint of a sampler' },
      { usage: '[observations]', description: 'observation set, observed as those that it learned from' },
    ],
    options: {
      output: {
        kind: 'text',
        short: 'o',
        value: 'path',
        description: 'file (.npz, .safetensors) for the result (default: draws/ of the run folder)',
      },
      draws: {
        kind: 'integer',
        short: 'n',
        value: 'n',
        default: 16,
        min: 1,
        description: 'draws per observation',
      },
      batch: {
        kind: 'integer',
        value: 'n',
        default: 1024,
        min: 1,
        description: 'draws made at once (memory, not result)',
      },
      count: { kind: 'integer', value: 'n', min: 1, description: 'use the first n observations only' },
      summary: { kind: 'flag', description: 'write mean, spread and logq without the draws' },
      refine: {
        kind: 'text',
        value: 'how',
        choices: ['weights', 'mmps', 'langevin'],
        description: 'refine the draws: by importance weights, or by steps of a slow sampler',
      },
      refineSteps: {
        kind: 'integer',
        value: 'n',
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
        description: 'prior to refine with (default: the one that the sampler was distilled from)',
      },
      truth: {
        kind: 'text',
        value: 'file',
        description: 'clean data of the observations: says how near the restorations come (PSNR)',
      },
      onnx: { kind: 'text', value: 'file', description: 'write the sampler as ONNX instead' },
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
        command: 'tweedie restore runs/fast --onnx digits.onnx -n 1',
        does: 'the sampler for other programs',
      },
    ],
  },
  bench: {
    summary: 'compare posterior samplers on real images: methods × steps × tasks',
    description: `Restores corrupted test images with every method at every number of steps, and writes one page with the figures and the
pictures. Figures are kept by content: what was measured before is not measured again, so a table stops, resumes and grows.
Distilled samplers are measured one measurement at a time; what they cost to make stands apart.

A method may carry settings: dps:zeta=0.5. A number of steps may carry its own number of draws: 1000:1.`,
    arguments: [],
    options: {
      prior: {
        kind: 'text',
        value: 'path',
        default: 'photos',
        description: 'run folder or checkpoint of a prior, or photos: the prior that ships',
      },
      data: {
        kind: 'text',
        value: 'source',
        default: 'photos',
        description:
          'clean data whose test split is restored; images of another size or colour are fitted to the prior',
      },
      tasks: {
        kind: 'text',
        value: 'names',
        description: `box, random, motion, superresolution, deletion (default: these), denoise, sr2, deblur, digits or mri; on points bunny,
sphere, sphere-blind (default: all)`,
      },
      methods: {
        kind: 'text',
        value: 'names',
        default: 'mmps:iterations=1,mmps:iterations=3,mmps:iterations=5,dps,pigdm,tmpd,diffpir',
        description: 'methods with their settings, or none',
      },
      samplers: {
        kind: 'text',
        value: 'paths',
        description: 'run folders or files of distilled samplers; each joins the tasks that it is for',
      },
      samplerDraws: {
        kind: 'text',
        value: 'numbers',
        default: '1,128',
        description: 'draws of distilled samplers; a row for each number',
      },
      steps: {
        kind: 'text',
        value: 'numbers',
        default: '10,100',
        description: 'steps of the sampler, as 10,100,1000:1',
      },
      images: { kind: 'integer', value: 'n', default: 32, min: 1, description: 'test images' },
      draws: {
        kind: 'integer',
        value: 'n',
        default: 3,
        min: 1,
        description: 'draws of each; 3 tell the 50 % interval, 19 the 90 % interval',
      },
      tuned: { kind: 'text', value: 'file', description: "settings found by 'tweedie tune'" },
      cache: { kind: 'text', value: 'folder', default: 'runs/bench', description: 'where figures are kept' },
      output: {
        kind: 'text',
        short: 'o',
        value: 'file',
        description: 'HTML page to write (default: report.html in the cache)',
      },
      markdown: { kind: 'text', value: 'file', description: 'also write the tables as Markdown' },
      quick: {
        kind: 'flag',
        description: 'two tasks, four methods, ten steps, eight images: under three minutes',
      },
    },
    examples: [
      { command: 'tweedie bench --quick', does: 'a first look: runs/bench/report.html' },
      {
        command: 'tweedie bench --tasks motion --methods mmps,dps:zeta=2 --steps 10,100,1000:1',
        does: 'one task, two methods, three lengths',
      },
      {
        command:
          'tweedie bench --tasks denoise --methods dps,noise2score --samplers runs/flow-denoise --steps 100',
        does: 'a distilled sampler, one draw and 128, beside two guided ones',
      },
    ],
  },
  tune: {
    summary: "find a method's best setting for a task, on validation images",
    description: `Tries values of one setting on images of the validation split, which the bench never tests on, and keeps the one with the highest
PSNR of single draws. The result is added to a file that 'tweedie bench --tuned' reads.`,
    arguments: [{ usage: '<method>', description: 'method to tune: dps, pigdm, diffpir …' }],
    options: {
      setting: { kind: 'text', value: 'name', description: "setting to tune (default: the method's first)" },
      task: { kind: 'text', value: 'name', required: true, description: 'task to tune for' },
      steps: { kind: 'integer', value: 'n', default: 100, min: 1, description: 'steps of the sampler' },
      budget: { kind: 'integer', value: 'n', default: 8, min: 2, description: 'values to try' },
      search: {
        kind: 'text',
        value: 'name',
        choices: ['golden', 'grid'],
        default: 'golden',
        description: 'how to look for it',
      },
      prior: { kind: 'text', value: 'path', default: 'photos', description: 'as for bench' },
      data: {
        kind: 'text',
        value: 'source',
        default: 'photos',
        description: 'clean data whose validation split is used',
      },
      images: { kind: 'integer', value: 'n', default: 16, min: 1, description: 'validation images' },
      output: {
        kind: 'text',
        short: 'o',
        value: 'file',
        default: 'runs/tuned.json',
        description: 'file of tuned settings, made or added to',
      },
    },
    examples: [
      {
        command: 'tweedie tune dps --task motion --steps 100 --budget 10',
        does: 'the best zeta of DPS for motion deblurring, in runs/tuned.json',
      },
    ],
  },
  diagnose: {
    summary: 'what is calibrated in posterior draws, and what is not',
    description: `Judges posterior draws and writes one HTML page: findings in plain words, then the figures. With the observations: do the
draws explain them as noise of the stated size would? With the truth too: do intervals hold it as often as they say, is the
spread as large as the error, are its ranks among the draws even (SBC, PIT, TARP)?

DRAWS is a run folder, whose draws are in draws/posterior.npz, or a file with a field 'draws'.`,
    arguments: [{ usage: '<draws>', description: 'run folder, or file of draws' }],
    options: {
      output: {
        kind: 'text',
        short: 'o',
        value: 'file',
        description: 'HTML file to write (default: diagnosis.html in the run folder, or beside the file)',
      },
      observations: { kind: 'text', value: 'file', description: 'observation set that the draws belong to' },
      truth: { kind: 'text', value: 'file', description: 'clean data to compare with' },
    },
    examples: [
      {
        command: 'tweedie diagnose runs/digits --observations test.npz --truth truth.npz',
        does: 'runs/digits/diagnosis.html',
      },
      {
        command: 'tweedie diagnose restored.npz --observations test.npz --json',
        does: 'the fit to the observations alone, which needs no truth',
      },
    ],
  },
  report: {
    summary: 'write a self-contained HTML report of a run',
    description: `Writes one HTML file without outside parts: curves, samples of the prior by lap, strips of observation, mean,
draws, spread and truth, and how often the truth lies in the intervals (coverage).`,
    arguments: [{ usage: '<run>', description: 'run folder' }],
    options: {
      output: {
        kind: 'text',
        short: 'o',
        value: 'file',
        description: 'HTML file to write (default: report.html of the run folder)',
      },
      draws: {
        kind: 'text',
        value: 'file',
        description: 'posterior draws to show (default: those in the run folder)',
      },
      observations: { kind: 'text', value: 'file', description: 'observation set that the draws belong to' },
      truth: { kind: 'text', value: 'file', description: 'clean data to compare with' },
    },
    examples: [{ command: 'tweedie report runs/digits --truth truth.npz', does: 'runs/digits/report.html' }],
  },
  info: {
    summary: 'describe a run, checkpoint, observation set or array file',
    description: `Says what a file or a run folder holds: arrays with shape, type and range, configuration, checkpoints, journal.
Changes nothing; a run may be at work.`,
    arguments: [{ usage: '<path>', description: 'run folder, .safetensors, .npz or .npy' }],
    options: {},
    examples: [
      { command: 'tweedie info runs/digits', does: 'where the run stands' },
      { command: 'tweedie info digits.npz --json', does: 'the same of a file, for programs' },
    ],
  },
  demo: {
    summary: 'digits from digits with three pixels in four deleted: the whole line in minutes',
    description: `Learns a prior of handwritten digits from incomplete, noisy ones alone, restores 500 others with it, and writes a
report. At most 12 minutes and 3 GB on two cores; --quick takes about a minute and shows less.`,
    arguments: [],
    options: {
      run: {
        kind: 'text',
        short: 'o',
        value: 'folder',
        default: 'runs/demo',
        description: 'run folder, made anew',
      },
      quick: { kind: 'flag', description: 'a smaller version, for a first look' },
      resume,
      device,
    },
    examples: [{ command: 'tweedie demo --quick', does: 'runs/demo/report.html' }],
  },
  'demo-amortize': {
    summary: 'photographs denoised in one pass by a sampler that is distilled in minutes',
    description: `Distils the prior of photographs that ships into a flow, from noisy photographs alone, and sets it beside DPS and Noise2Score on photographs
that nobody has seen. At most ten minutes on two cores; --quick takes about a minute and shows less.`,
    arguments: [],
    options: {
      run: {
        kind: 'text',
        short: 'o',
        value: 'folder',
        default: 'runs/demo-amortize',
        description: 'run folder, made anew',
      },
      quick: { kind: 'flag', description: 'a smaller version, for a first look' },
      resume,
      device,
    },
    examples: [{ command: 'tweedie demo-amortize --quick', does: 'runs/demo-amortize/report.html' }],
  },
} as const satisfies Readonly<Record<string, CommandSpec>>

export type CommandName = keyof typeof commands

/** The option values of a command, as its `run` gets them. */
export type OptionsOf<C extends CommandName> = ValuesOf<
  (typeof commands)[C]['options'] & typeof commonOptions
>
