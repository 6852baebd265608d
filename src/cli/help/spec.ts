/** The spec of a command, and options that several of them share. */
import { availableParallelism } from 'node:os'
import type { DoJob } from '../../run/processes/serve-jobs.ts'
import type { Io } from '../io.ts'
import type { AnyValues, OptionSpecs } from '../options.ts'

/** One argument, as in the usage line: `<file>` is needed, `[file]` is not, `[more...]` is any number. */
interface ArgumentSpec {
  readonly usage: string
  readonly description: string
}

/**
 * The module of a command. Declared as a method, so that its `run` can say `options: OptionsOf<'info'>`,
 * which is what the spec makes the command line deliver.
 */
export interface CommandModule {
  run(args: readonly string[], options: AnyValues, io: Io): Promise<void>
  /** What a process does that shares the work of a run with others (`--workers`), job by job. */
  work?(args: readonly string[], options: AnyValues, io: Io): Promise<DoJob>
}

/** A command: its words and options, and where its work is. */
export interface CommandSpec {
  /** One line for the list of commands. */
  readonly summary: string
  /** Its work in a few lines, for `--help`. */
  readonly description: string
  /**
   * The rest of it, which only the engine knows, such as the list of operators; loaded on demand.
   */
  more?(): Promise<string>
  readonly arguments: readonly ArgumentSpec[]
  readonly options: OptionSpecs
  /** A command that works, and what it does. */
  readonly examples: readonly { readonly command: string; readonly does: string }[]
  /** What is said at the first Ctrl-C; default: that the work is being saved. */
  readonly interrupted?: string
  /** Options of earlier versions, and what they are called now. */
  readonly renamed?: Readonly<Record<string, string>>
  /** Loads its module, on demand: the help must not wait for the engine. */
  load(): Promise<CommandModule>
}

/** Where it runs. */
export const device = {
  kind: 'choice',
  choices: ['cpu', 'webgpu', 'cuda'],
  numbered: ['cuda'],
  default: 'cpu',
  description: 'where the networks run; cuda:1 is the second of its GPUs',
} as const

/** Going on with a run. */
export const resume = {
  kind: 'flag',
  description: 'continue the run where it stopped, bit for bit',
} as const

/** A budget of time. */
const minutes = {
  kind: 'number',
  value: 'minutes',
  min: 0.1,
  description:
    'time that the work may take; what there is then is kept, and --resume goes on (default: none; of ' +
    'learn 20 for a set without a configuration)',
} as const

/** Fields of a configuration. */
export const overrides = {
  usage: '[overrides...]',
  description: 'fields of the configuration, as key=value: em.laps=4 net.channels=[32,64]',
} as const

/** Options of what learns in a run folder. */
export const learningOptions = (folder: string) =>
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
    breakLock: {
      kind: 'flag',
      description:
        'remove a lock that is damaged or of another machine; refused while its process lives on this one',
    },
    device,
    minutes,
    overcommit: {
      kind: 'flag',
      description: 'begin also what cannot fit into memory or on the disk by what tweedie plan counts',
    },
  }) as const

/** Processes of this machine. @param work - what they do */
export const workers = (work: string) =>
  ({
    kind: 'integer',
    min: 1,
    max: availableParallelism(),
    description:
      `processes that ${work}, at most one a processor (default: this one); each has its share of the ` +
      'processors as threads, or --threads',
  }) as const

/** A queue between machines. */
export const queue = {
  kind: 'text',
  value: 'url',
  description: "redis://… or postgres://…: every 'tweedie worker' of this queue draws samples of laps",
} as const

/** Who draws the samples of laps. */
export const sharing = {
  workers: {
    kind: 'integer',
    min: 1,
    max: 1024,
    description:
      'processes that draw a lap and train its replicas (default: this one does); the result is the same',
  },
  executor: {
    kind: 'choice',
    choices: ['files', 'later'],
    description:
      "files: waits for the samples of a lap, which 'tweedie shard' draws on other machines; later: leaves " +
      'when a lap needs them, and goes on with --resume when they are drawn',
  },
  queue,
  share: {
    kind: 'text',
    value: 'bucket',
    description:
      's3://bucket/prefix: workers of the queue have the files of the run from there, and need not see its ' +
      'folder; endpoint, region and credentials by the usual variables (AWS_ENDPOINT_URL, AWS_REGION, ' +
      'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)',
  },
} as const satisfies OptionSpecs

/** The file that a command writes, which has to be said. */
export const outputFile = <D extends string>(description: D) =>
  ({ kind: 'text', short: 'o', value: 'file', required: true, description }) as const

/** What a report judges restorations by. */
export const judgedBy = {
  truth: { kind: 'text', value: 'file', description: 'clean data of the observations to compare with' },
  held: {
    kind: 'text',
    value: 'file',
    description: "entries that 'tweedie hold-out' kept back from the observations, to compare with",
  },
  baselines: {
    kind: 'text',
    value: 'names',
    description:
      'simple restorations to judge on the same entries, such as kriging,nearest, or none ' +
      '(default, with --truth or --held: all that take the observations)',
  },
} as const satisfies OptionSpecs
