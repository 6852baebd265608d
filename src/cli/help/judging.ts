/** Commands that judge draws and what was learned. */
import { type CommandModule, type CommandSpec, judgedBy, outputFile } from './spec.ts'

/** The observations of draws that are judged. */
const observations = {
  kind: 'text',
  value: 'file',
  description: 'observation set that the draws belong to',
} as const

export const judging = {
  diagnose: {
    summary: 'what is calibrated in posterior draws, and what is not',
    description: `Judges posterior draws and writes one HTML page: findings in plain words, then the figures.
With the observations: do the draws explain them as noise of the stated size would? With the truth too: do
intervals hold it as often as they say, is the spread as large as the error, are its ranks among the draws
even (SBC, PIT, TARP), do the truths fill the cells of (y, x) as the draws do? Where the file has log q of
the draws (logq) and of the truth (logqTruth), as restore --truth writes them: do the densest regions hold
the truth? With --prior and --reference: are they the draws of a slower sampler?

DRAWS is a run folder, whose draws are in draws/posterior.npz, or a file of any program: npy, npz or
safetensors, draws [draws, problems, ...] or [problems, draws, ...] of images, signals or parameters.`,
    arguments: [{ usage: '<draws>', description: 'run folder, or file of draws' }],
    options: {
      output: {
        kind: 'text',
        short: 'o',
        value: 'file',
        description: 'HTML file to write (default: diagnosis.html in the run folder, or beside the file)',
      },
      observations,
      truth: {
        kind: 'text',
        value: 'file',
        description: 'the truth to compare with: clean data, or a file of parameters',
      },
      given: {
        kind: 'text',
        value: 'file',
        description: 'what the draws were given, [problems, ...], where there is no observation set',
      },
      classifier: {
        kind: 'flag',
        description:
          'also train classifiers to tell truths from draws given y (LC2ST): up to a minute, and sees more ' +
          'than cells where there are many parameters',
      },
      prior: {
        kind: 'text',
        value: 'path',
        description: 'run folder or checkpoint of the prior, for --reference',
      },
      reference: {
        kind: 'text',
        value: 'name',
        description:
          'also compare with draws of this method given the --observations, such as tds:particles=32 or ' +
          'smc-mmps:particles=16',
      },
      referenceCount: {
        kind: 'integer',
        min: 1,
        description: 'observations that the reference draws for, as many draws as were given (default 16)',
      },
      referenceSteps: {
        kind: 'integer',
        min: 1,
        description: 'steps of the reference (default: as of sample)',
      },
    },
    examples: [
      {
        command: 'tweedie diagnose samples.npz --truth theta.npy --given x.npy',
        does: 'draws of another program, such as sbi',
      },
      {
        command: 'tweedie diagnose runs/digits --observations test.npz --truth truth.npz',
        does: 'runs/digits/diagnosis.html',
      },
      {
        command:
          'tweedie diagnose restored.npz --observations test.npz --prior runs/digits ' +
          '--reference tds:particles=32',
        does: 'draws beside those of a slow sampler, of 16 observations; needs no truth',
      },
      {
        command: 'tweedie diagnose restored.npz --observations test.npz --json',
        does: 'the fit to the observations alone, which needs no truth',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/diagnose.ts'),
  },
  'hold-out': {
    summary: 'split observations in a part to draw from and one to judge by, without truth',
    description: `Writes two observation sets of the same signals that are independent given these. Where the
operator has a mask, a share of the seen entries is held out, or of the columns of k-space that not all
observations sampled. Of any other operator y is split by noise
(data fission): y + γ ζ to draw from, y − ζ/γ to judge by, for ζ of the law of the noise; both are noisier.
Draw from the one, then 'tweedie calibrate --held' the draws with the other.`,
    arguments: [
      { usage: '<observations>', description: 'observation set, whose truth nobody needs to know' },
    ],
    options: {
      output: outputFile('observation set to write, to draw from'),
      held: {
        kind: 'text',
        value: 'file',
        required: true,
        description: 'observation set to write, to judge by',
      },
      share: {
        kind: 'number',
        value: 'fraction',
        default: 0.2,
        min: 0,
        description: 'share of the seen entries, or of what y says, that is held out',
      },
      count: { kind: 'integer', min: 1, description: 'use the first n observations only' },
    },
    examples: [
      {
        command: 'tweedie hold-out digits.npz --count 200 --held held.npz -o given.npz',
        does: 'one seen pixel in five of 200 digits in held.npz, the others in given.npz',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/hold-out.ts'),
  },
  calibrate: {
    summary: 'repair the intervals of a sampler, from known truth or from held-out observations',
    description: `Says by how much central intervals of the draws must be stretched about their median to hold
what they say, and saves it for --calibrated of sample and restore. By conformal risk control: of a further
observation like these, the repaired 90 % intervals hold 90 % of the entries at least, on average, whatever
the sampler. The truths must not have been learned from. With --observations, hidden pixels alone count where
a mask hides some, and the repair is bound to that operator and noise.

Without truth, --held takes observations that 'tweedie hold-out' kept apart: the guarantee is then for such
seen entries with their noise, and for nothing that was never seen.

DRAWS is a run folder, whose draws are in draws/posterior.npz, or a file of draws, as in 'tweedie diagnose'.`,
    arguments: [{ usage: '<draws>', description: 'run folder, or file of draws' }],
    options: {
      output: {
        kind: 'text',
        short: 'o',
        value: 'file',
        description: 'JSON file to write (default: calibration.json in the run folder, or beside the file)',
      },
      truth: { kind: 'text', value: 'file', description: 'the truth of these observations' },
      observations,
      held: {
        kind: 'text',
        value: 'file',
        description: "instead of the truth: the observations that 'tweedie hold-out' kept apart",
      },
      by: {
        kind: 'text',
        value: 'file',
        description: 'map of regions, a whole number for each entry: factors of their own, each guaranteed',
      },
    },
    examples: [
      {
        command: 'tweedie calibrate runs/digits --truth truth.npz --observations test.npz',
        does: 'runs/digits/calibration.json, for sample --calibrated',
      },
      {
        command: 'tweedie calibrate runs/digits --truth truth.npz --by organs.npy',
        does: 'the same with factors for each label of organs.npy',
      },
      {
        command: 'tweedie calibrate runs/digits --held held.npz',
        does: 'the same without any truth, from draws of the other part',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/calibrate.ts'),
  },
  report: {
    summary: 'write a self-contained HTML report of a run',
    description: `Writes one HTML file without outside parts: curves, samples of the prior by lap (one EM
iteration), the restorations (pictures of images, globes and surfaces, fan charts of series and vectors), and,
where there is a truth or there are held-out entries, their figures beside those of simple baselines.`,
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
      observations,
      ...judgedBy,
    },
    examples: [
      {
        command: 'tweedie report runs/mine --draws given-draws.npz --observations given.npz --held held.npz',
        does: 'is it better than simple baselines? of own data, without any truth',
      },
      {
        command: 'tweedie report runs/digits --observations test.npz --truth truth.npz',
        does: 'runs/digits/report.html, with strips of the draws and their figures',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/report.ts'),
  },
} as const satisfies Readonly<Record<string, CommandSpec>>
