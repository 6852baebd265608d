/** The demos. */
import { type CommandModule, type CommandSpec, device, resume } from './spec.ts'

const demoOptions = (folder: string) =>
  ({
    run: {
      kind: 'text',
      short: 'o',
      value: 'folder',
      default: folder,
      description: 'run folder, made anew',
    },
    quick: { kind: 'flag', description: 'a smaller version, for a first look' },
    resume,
    device,
  }) as const

export const demos = {
  demo: {
    summary: 'digits from digits with three pixels in four deleted: the whole pipeline in minutes',
    description: `Learns a prior of handwritten digits from incomplete, noisy ones alone, restores 500 others
with it, and writes a report. At most 12 minutes and 3 GB on two cores; --quick takes about a minute: a smoke
run.`,
    arguments: [],
    options: demoOptions('runs/demo'),
    examples: [{ command: 'tweedie demo --quick', does: 'runs/demo/report.html' }],
    load: (): Promise<CommandModule> => import('../demo/demo.ts'),
  },
  'demo-amortize': {
    summary: 'photographs denoised in one pass by a sampler that is distilled in minutes',
    description: `Distills the prior of photographs that ships into a flow, from simulations of its own
samples, and sets it beside DPS and Noise2Score on test photographs. At most ten minutes on two cores; --quick
takes about a minute: a smoke run.`,
    arguments: [],
    options: demoOptions('runs/demo-amortize'),
    examples: [{ command: 'tweedie demo-amortize --quick', does: 'runs/demo-amortize/report.html' }],
    load: (): Promise<CommandModule> => import('../demo/demo-amortize.ts'),
  },
} as const satisfies Readonly<Record<string, CommandSpec>>
