/** Commands that compare: samplers with each other, sets of images with real ones. */
import { type CommandModule, type CommandSpec, device, workers } from './spec.ts'

export const comparing = {
  compare: {
    summary: 'compare posterior samplers on real images: methods × steps × tasks',
    description: `Restores corrupted test images with every method at every number of steps, and writes one
page with the figures and the pictures. Figures are kept by content: what was measured before is not measured
again, so a table stops, resumes and grows. With --workers several are measured at a time, and their
seconds are those of processes beside each other. Distilled samplers are measured one measurement at a time;
what they cost to make stands apart.

A number of steps may carry its own number of draws: 1000:1. A method may carry settings: dps:zeta=0.5.

Simple baselines (kriging, tv, nearest, …) stand beside the methods; where one wins, the first line says so.`,
    more: async () => {
      const { baselinesHelp, methodsHelp } = await import('./methods.ts')
      return `${methodsHelp}\n\n${baselinesHelp}`
    },
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
        description:
          'box, random, motion, superresolution, deletion (default: these), denoise, sr2, deblur, digits ' +
          'or mri; on points bunny, sphere, sphere-blind (default: all); with settings of the operator, ' +
          'noise, and told: the noise that samplers are told',
      },
      methods: {
        kind: 'text',
        value: 'names',
        default:
          'mmps:iterations=1:solver=cg,mmps:iterations=3:solver=gmres,mmps:iterations=5:solver=gmres,' +
          'dps,pigdm,tmpd,diffpir',
        description: 'methods and baselines with their settings, or none',
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
      images: { kind: 'integer', default: 32, min: 1, description: 'test images' },
      draws: {
        kind: 'integer',
        default: 3,
        min: 1,
        description: 'draws of each; 3 resolve the 50 % interval, 19 the 90 % interval',
      },
      tuned: { kind: 'text', value: 'file', description: "settings found by 'tweedie tune'" },
      cache: {
        kind: 'text',
        value: 'folder',
        default: 'runs/compare',
        description: 'where figures are kept',
      },
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
      workers: workers('measure cells'),
    },
    examples: [
      { command: 'tweedie compare --quick', does: 'a first look: runs/compare/report.html' },
      {
        command: 'tweedie compare --tasks motion --methods mmps,dps:zeta=2 --steps 10,100,1000:1',
        does: 'one task, two methods, three lengths',
      },
      {
        command: 'tweedie compare --tasks denoise:noise=0.12:told=0.1 --methods mmps,dps --steps 100',
        does: 'how much a noise that is wrong by 20 % costs',
      },
      {
        command: 'tweedie compare --tasks random --methods mmps,kriging,tv,nearest --steps 100 --images 16',
        does: 'is the prior better than simple baselines?',
      },
      {
        command:
          'tweedie compare --tasks denoise --methods dps,noise2score --samplers runs/flow-denoise ' +
          '--steps 100',
        does: 'a distilled sampler, one draw and 128, beside two guided ones',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/compare.ts'),
  },
  score: {
    summary: 'judge generated images as a set: FID, Inception score, KID, precision and recall',
    description: `Compares a file of images (prior samples, or draws of a posterior) with real ones in the
features of a network: Fréchet distance, class score, kernel distance, precision and recall. They are called
FID, IS and KID with --inception, for the original Inception network in an ONNX file, whose images are
prepared as torch-fidelity prepares them; with any other network the label names it.

Moments are added up, so memory does not grow with the number of images; kid and pr keep the features of all
of them. A Fréchet distance needs at least as many images as features, on both sides.`,
    arguments: [
      { usage: '<draws>', description: 'file of images in [0, 1], or with --laps a run folder of learn' },
    ],
    options: {
      against: {
        kind: 'text',
        value: 'source',
        required: true,
        description: 'real images: clean data by name, file or folder, or statistics that --save-stats wrote',
      },
      split: {
        kind: 'choice',
        choices: ['train', 'val', 'test', 'all'],
        default: 'train',
        description: 'part of real images that come in parts',
      },
      count: { kind: 'integer', min: 2, description: 'use the first n real images only' },
      saveStats: {
        kind: 'text',
        value: 'file',
        description: 'write the statistics of the real images, for the next --against',
      },
      scores: {
        kind: 'text',
        value: 'names',
        default: 'fid,is,kid,pr',
        description: 'figures: fid, is, kid, pr (precision and recall)',
      },
      network: {
        kind: 'text',
        value: 'file',
        description: 'network as ONNX (default: one that ships, for grey or for colour images)',
      },
      inception: {
        kind: 'flag',
        description: 'it is the original Inception of FID: 2048 features of images 299×299 in (x − 128)/128',
      },
      size: { kind: 'text', value: 'pixels', description: 'height,width that the network is given' },
      features: {
        kind: 'text',
        value: 'name',
        description: 'output of the network that has the features (default: out.features, else the first)',
      },
      logits: {
        kind: 'text',
        value: 'name',
        description: 'output that has the logits of classes (default: out.logits, if there is one)',
      },
      lpips: {
        kind: 'text',
        value: 'file',
        description:
          'instead of all that: the mean distance of restorations to their truth, by a network of two ' +
          'images in [-1, 1] such as LPIPS',
      },
      parts: { kind: 'integer', default: 10, min: 1, description: 'parts of the Inception score' },
      kidSubsets: { kind: 'integer', default: 100, min: 1, description: 'subsets of the kernel distance' },
      kidSize: {
        kind: 'integer',
        min: 2,
        description: 'images in each (default 1000, or half of what there is if that is less)',
      },
      neighbours: { kind: 'integer', default: 3, min: 1, description: 'k of precision and recall' },
      laps: {
        kind: 'flag',
        description: 'every lap of a run: of the samples that it kept, or of --draws samples of its priors',
      },
      draws: { kind: 'integer', short: 'n', min: 2, description: 'with --laps: samples to draw of each lap' },
      steps: { kind: 'integer', default: 256, min: 1, description: 'with --draws: steps of the sampler' },
      step: { kind: 'text', value: 'name', default: 'ddim', description: 'with --draws: kind of its steps' },
      batch: { kind: 'integer', default: 64, min: 1, description: 'images at once (memory, not result)' },
      device,
    },
    examples: [
      {
        command: 'tweedie score prior.npz --against mnist',
        does: "samples that 'tweedie sample' has drawn of a prior, beside real digits",
      },
      {
        command:
          'tweedie score prior.npz --against cifar-10-batches-bin --network inception.onnx --inception ' +
          '--save-stats cifar-stats.npz',
        does: 'FID, IS, KID, precision and recall; the statistics of CIFAR-10 are kept',
      },
      {
        command: 'tweedie score runs/demo --laps -n 1000 --against mnist',
        does: 'Fréchet feature distance of every lap, in the features of the network that ships',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/score.ts'),
  },
  tune: {
    summary: "find a method's best setting for a task, on validation images",
    description: `Tries values of one setting on images of the validation split, which 'tweedie compare' never
tests on, and keeps the one with the highest PSNR of single draws. The result is added to a file that 'tweedie
compare --tuned' reads.`,
    more: async () => (await import('./methods.ts')).methodsHelp,
    arguments: [{ usage: '<method>', description: 'method to tune, such as dps' }],
    options: {
      setting: { kind: 'text', value: 'name', description: "setting to tune (default: the method's first)" },
      task: { kind: 'text', value: 'name', required: true, description: 'task to tune for' },
      steps: { kind: 'integer', default: 100, min: 1, description: 'steps of the sampler' },
      budget: { kind: 'integer', default: 8, min: 2, description: 'values to try' },
      search: {
        kind: 'choice',
        choices: ['golden', 'grid'],
        default: 'golden',
        description: 'how to look for it',
      },
      prior: { kind: 'text', value: 'path', default: 'photos', description: 'as of compare' },
      data: {
        kind: 'text',
        value: 'source',
        default: 'photos',
        description: 'clean data whose validation split is used',
      },
      images: { kind: 'integer', default: 16, min: 1, description: 'validation images' },
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
    load: (): Promise<CommandModule> => import('../commands/tune.ts'),
  },
} as const satisfies Readonly<Record<string, CommandSpec>>
