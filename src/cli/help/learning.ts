/** Commands that learn. */
import {
  type CommandModule,
  type CommandSpec,
  device,
  learningOptions,
  outputFile,
  overrides,
  queue,
  sharing,
  workers,
} from './spec.ts'

export const learning = {
  learn: {
    summary: 'learn a diffusion prior from observations alone (DiEM)',
    description: `Learns what the clean data look like from corrupted observations alone: a Gaussian start,
then laps. A lap is one iteration of expectation-maximisation (EM): posterior sampling, then training on the
samples. Of masked observations also by AmbientDiffusion or GSURE-Diffusion (learner=ambient, learner=gsure),
which have no laps.

Ctrl-C saves a checkpoint and leaves with code 130; --resume goes on from there.`,
    arguments: [
      {
        usage: '<source>',
        description: 'observation set to learn from, or an experiment (YAML) that says how',
      },
      overrides,
    ],
    options: { ...learningOptions('runs/learn'), ...sharing },
    examples: [
      {
        command:
          'tweedie learn experiments/digits.yaml data.observations=digits.npz em.laps=4 -o runs/digits',
        does: 'a prior of digits in runs/digits',
      },
      { command: 'tweedie learn experiments/digits.yaml -o runs/digits --resume', does: 'goes on with it' },
      {
        command: 'tweedie learn mine.npz --minutes 20 -o runs/mine',
        does: 'a prior of your own observations, by the recipe that fits them',
      },
      {
        command: 'tweedie learn experiments/digits.yaml em.laps=12 -o runs/digits --resume',
        does: 'adds laps to it, also when it was done',
      },
      {
        command: 'tweedie learn experiments/digits.yaml -o runs/digits --workers 4',
        does: 'four processes draw the samples of its laps: the same prior, bit for bit',
      },
      {
        command: 'tweedie learn experiments/digits.yaml -o runs/digits --queue redis://head:6379',
        does: 'workers of other machines draw them (tweedie worker)',
      },
      {
        command:
          'tweedie learn experiments/digits.yaml -o runs/digits --queue redis://head:6379 --share s3://runs',
        does: 'workers that do not see runs/digits have its files from a bucket',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/learn.ts'),
  },
  shard: {
    summary: 'do a part of what a run of learn waits for',
    description: `A lap of 'learn --executor files' waits for its posterior samples, which come in shards:
files of some rows each. This command draws those of its part that are missing, on any machine that sees the
run's folder and the data of its configuration, and leaves. Who draws does not change a bit of them. Where a
run trains replicas (train.replicas), their rounds are such files as well.

Ctrl-C leaves at once: a file is there whole or not at all.`,
    arguments: [{ usage: '<run>', description: 'run folder of learn' }],
    options: {
      index: { kind: 'integer', min: 0, default: 0, description: 'which part, from 0' },
      of: { kind: 'integer', min: 1, default: 1, description: 'parts in all' },
      wait: {
        kind: 'flag',
        description: 'stay, and do this part of every lap until the run is finished; replicas want it',
      },
      device,
    },
    examples: [
      { command: 'tweedie shard runs/digits', does: 'draws all that the run waits for' },
      {
        command: 'tweedie shard runs/digits --index 3 --of 16',
        does: 'draws every sixteenth shard, from the fourth on',
      },
      {
        command: 'tweedie shard runs/digits --index 3 --of 16 --wait',
        does: 'the same of every lap, until the run is finished',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/shard.ts'),
  },
  worker: {
    summary: 'do the jobs of whatever runs of learn wait in a queue',
    description: `Takes jobs from a queue (Redis, Valkey or PostgreSQL, by BullMQ): shards of posterior
samples, and rounds of replicas (train.replicas). Does them in the folders of their runs, and waits for more:
of every 'learn --queue' of that queue. It has to see the runs' folders, or the bucket of 'learn --share', and
the data of their configurations. Workers come and go as they like: a job whose worker is lost is given to
another, and who does it does not change a bit of it.

Ctrl-C gives the job at hand back at once and leaves with code 130.`,
    arguments: [],
    options: {
      queue: { ...queue, required: true, description: 'redis://… or postgres://…: where runs wait' },
      runs: {
        kind: 'text',
        value: 'folder',
        description:
          "folder that holds the runs' folders here (default: the same paths as where the runs learn); of " +
          "runs that share by a bucket, the folder for copies of their files (default: the system's for " +
          'temporary ones)',
      },
      device,
    },
    interrupted: 'interrupted: giving the job back; once more to leave at once',
    examples: [
      {
        command: 'tweedie worker --queue redis://head:6379',
        does: 'works for every run that waits there',
      },
      {
        command: 'tweedie worker --queue postgres://tweedie@head/tweedie --runs /mnt/runs --threads 4',
        does: 'by PostgreSQL; runs/digits of the machine that learns is /mnt/runs/digits here',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/worker.ts'),
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
      {
        command: 'tweedie train experiments/digits.yaml data.clean=mnist start=runs/digits -o runs/better',
        does: 'goes on from what was learned from observations',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/train.ts'),
  },
  import: {
    summary: "make a prior of anyone's network: an ONNX file, such as PyTorch exports",
    description: `Reads the graph of an ONNX file as expressions, so that it has derivatives, and keeps it as
a prior that every command takes. The network is a denoiser, a noise, score or velocity predictor, or the raw
network of EDM (--predicts), that was trained under a schedule (--schedule).

The prior is tested before it is written: its output beside ONNX Runtime's own run of the file, its derivative
beside differences of that, E[x | xt] at the lowest and at the highest noise level, and draws. When one fails,
nothing is written and the exit code is 1.`,
    more: async () => (await import('./schedules.ts')).schedulesHelp,
    arguments: [{ usage: '<model>', description: 'ONNX file of the network, float32, in one file' }],
    options: {
      output: outputFile('prior to write (.safetensors)'),
      predicts: {
        kind: 'choice',
        choices: ['denoised', 'noise', 'score', 'velocity', 'raw'],
        required: true,
        description: 'what the network was trained to say',
      },
      schedule: {
        kind: 'text',
        value: 'name',
        required: true,
        description: 've, vp, edm or flow, with settings, such as vp:betas=cosine',
      },
      range: {
        kind: 'text',
        value: 'low,high',
        default: '0,1',
        description: 'lowest and highest value of the data, as in observation sets',
      },
      networkRange: {
        kind: 'text',
        value: 'low,high',
        default: '-1,1',
        description: 'the same values as the network sees them',
      },
      levels: {
        kind: 'text',
        value: 'low,high',
        description:
          "lowest and highest noise level of its training, in the network's units (default: the schedule's)",
      },
      event: {
        kind: 'text',
        value: 'sizes',
        description: 'shape of one x, such as 3,32,32, where the file leaves it open',
      },
      image: {
        kind: 'text',
        value: 'name',
        description: 'input of the noisy x (default: found by its shape)',
      },
      time: {
        kind: 'text',
        value: 'name',
        description: 'input of the noise level (default: found likewise)',
      },
      fixed: {
        kind: 'text',
        value: 'name=number',
        description: 'numbers of other inputs, such as a class label: y=0,w=1',
      },
      prediction: {
        kind: 'text',
        value: 'name',
        description: 'output that is the prediction, where there are several',
      },
      channels: {
        kind: 'integer',
        min: 1,
        description: 'its channels that are, the first ones: 3 of 6 with a learned variance',
      },
      device,
    },
    examples: [
      {
        command: 'tweedie import ddpm.onnx --predicts noise --schedule vp -o runs/ddpm.safetensors',
        does: 'a DDPM of images in [-1, 1], 1000 linear steps, as a prior of data in [0, 1]',
      },
      {
        command:
          'tweedie import guided.onnx --predicts noise --schedule vp:betas=cosine --channels 3 ' +
          '-o prior.safetensors',
        does: 'a network with a learned variance, which is left out',
      },
      {
        command: 'tweedie import edm.onnx --predicts raw --schedule edm:sigmaData=0.5 -o prior.safetensors',
        does: 'the network inside the preconditioning of EDM',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/import.ts'),
  },
  distill: {
    summary: 'distill a prior into a sampler of one or few steps, without clean data',
    description: `Trains a conditional flow to draw from the posterior in one pass: on measurements and the
prior, without clean data. Or, with flow.kind=denoiser, a denoiser of what y leaves unknown, which draws in a
few evaluations. Writes the sampler, and sampler.onnx with its manifest for other programs and browsers.

Ctrl-C saves a checkpoint and leaves with code 130; --resume goes on from there.`,
    arguments: [
      { usage: '<config>', description: 'distillation to run (YAML)' },
      {
        usage: '[overrides...]',
        description: 'fields of the configuration, as key=value: train.steps=500 flow.hidden=64',
      },
    ],
    options: {
      ...learningOptions('runs/distill'),
      workers: workers('draw the samples of the prior that objective.prior=samples learns from'),
    },
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
    load: (): Promise<CommandModule> => import('../commands/distill.ts'),
  },
  plan: {
    summary: 'what learn, train or distill will take: memory, disk, time',
    description: `Counts parameters and operations from the programs themselves, estimates the memory at its
peak and the disk, times one training step and one sampler step of a part of the batch, and says by proportion
how long a step, a lap and the whole work take here; what would not fit, and which fields change that. Data
of the field that are not here yet are planned for by the usual name of their folder.`,
    arguments: [
      { usage: '<config>', description: 'configuration of learn, train or distill (YAML)' },
      overrides,
    ],
    options: {
      command: {
        kind: 'choice',
        choices: ['learn', 'train', 'distill'],
        description:
          'what it is for (default: a configuration with a prior distills, one that observes learns, ' +
          'another trains)',
      },
      run: {
        kind: 'text',
        short: 'o',
        value: 'folder',
        default: 'runs',
        description: 'where the run will be: whose disk is looked at',
      },
      workers: { kind: 'integer', min: 1, description: 'times with so many workers too, by proportion' },
      prior: {
        kind: 'text',
        value: 'config',
        description: 'distill: the experiment that will make the prior, where it is not there yet',
      },
      countsOnly: { kind: 'flag', description: 'measure no times' },
    },
    examples: [
      { command: 'tweedie plan experiments/digits.yaml', does: 'what learning digits takes on this machine' },
      {
        command: 'tweedie plan experiments/mri-paper.yaml train.microBatch=2 --counts-only --json',
        does: 'what the experiment of a paper takes, without its data',
      },
    ],
    load: (): Promise<CommandModule> => import('../commands/plan.ts'),
  },
} as const satisfies Readonly<Record<string, CommandSpec>>
