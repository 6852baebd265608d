/** Commands that make and describe data. */
import { type CommandModule, type CommandSpec, outputFile } from './spec.ts'

export const data = {
  observe: {
    summary:
      'make an observation set: from clean data, or from your own observations with masks or any operator',
    description: `Makes an observation set, y = A x + noise, with one operator A per observation, and saves
all of it in one file. DATA is a data set by name, a file or a folder.

With --observed the data are observations already: they are checked and packed with --noise, and --mask or any
--operator with its settings and parameters, key=file.npy: mask=, kernel=, maps=, matrix=, phase=, angles=.`,
    more: async () => {
      const { filesHelp, sourcesHelp } = await import('./files.ts')
      const { operatorsHelp } = await import('./operators.ts')
      const operators = `Operators, with their settings (key=value) and defaults: ${operatorsHelp}`
      return [sourcesHelp, filesHelp, operators].join('\n\n')
    },
    arguments: [
      { usage: '<data>', description: 'clean data, or observations with --observed' },
      {
        usage: '[settings...]',
        description:
          'settings of the operator, as key=value: size=9 intensity=0.5; with --observed also its ' +
          'parameters, as key=file.npy, and maps=estimate',
      },
    ],
    options: {
      output: outputFile('observation set to write'),
      operator: {
        kind: 'text',
        value: 'name',
        description: 'how the data are, or were, observed: one of the operators above (default mask)',
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
        min: 1,
        description: 'projection: numbers observed of each x (default 2); the same as dimension=…',
      },
      blind: {
        kind: 'flag',
        description:
          'draw parameters for each observation, but give samplers nominal ones: the truth is kept apart',
      },
      noise: {
        kind: 'text',
        value: 'sigma|file|unknown',
        description:
          'standard deviation of the noise, in units of the data (default 0.05; to be given with ' +
          "--observed, also as a file of one for each entry or each observation; 'unknown' estimates it)",
      },
      noiseCovariance: {
        kind: 'text',
        value: 'file',
        description:
          'with --observed instead of --noise: covariance of the noise, of vectors [M, M] (projection) ' +
          'or of the coils; data and operator are whitened by it',
      },
      event: {
        kind: 'text',
        value: 'sizes',
        description: 'with --observed: shape of one x, such as 1,28,28, where the data do not tell it',
      },
      photons: {
        kind: 'number',
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
      domain: {
        kind: 'text',
        value: 'path',
        description: 'which entries there are, 1 or white; no land, no background: an array, or a PNG',
      },
      view: {
        kind: 'choice',
        choices: ['image', 'signal', 'globe', 'mesh'],
        description:
          'own arrays: images, series [N, C, T], grids [N, C, rows, columns] pole to pole, points [N, C, V]',
      },
      mesh: {
        kind: 'text',
        value: 'file',
        description: 'with --view mesh: the points [V, 2 or 3], or an .npz of points and faces',
      },
      times: {
        kind: 'text',
        value: 'file',
        description: 'with --view signal: the times [T] or [N, T], which are put on a regular grid',
      },
      every: {
        kind: 'number',
        above: 0,
        description: 'step of this grid (default the smallest difference of two times)',
      },
      observed: { kind: 'flag', description: 'the data are observations: delete nothing, add no noise' },
      split: {
        kind: 'choice',
        choices: ['train', 'test', 'all'],
        description: 'part of a named data set (default train)',
      },
      truth: {
        kind: 'text',
        value: 'file',
        description: 'also write the clean data here, to judge restorations by',
      },
      count: { kind: 'integer', min: 1, description: 'use the first n only' },
      skip: { kind: 'integer', default: 0, min: 0, description: 'leave out the first n' },
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
      {
        command:
          'tweedie observe kspace.npy --observed --operator coils mask=mask.npy maps=estimate --noise 0.02 ' +
          '-o mri.npz',
        does: 'your own k-space of several coils',
      },
      {
        command: 'tweedie observe sst.npy --observed --mask seen.npy --noise 0.1 --domain sea.png -o sea.npz',
        does: 'maps of which only the sea is learned, drawn and judged',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/observe.ts'),
  },
  info: {
    summary: 'describe a run, checkpoint, observation set or array file',
    description: `Says what a file or a run folder holds: arrays with shape, type and range, configuration,
checkpoints, journal. Changes nothing; a run may be at work.`,
    more: async () => (await import('./files.ts')).arraysHelp,
    arguments: [{ usage: '<path>', description: 'run folder, or file of arrays' }],
    options: {},
    examples: [
      { command: 'tweedie info runs/digits', does: 'where the run stands' },
      { command: 'tweedie info digits.npz --json', does: 'the same of a file, for programs' },
    ],
    load: (): Promise<CommandModule> => import('../commands/info.ts'),
  },
} as const satisfies Readonly<Record<string, CommandSpec>>
