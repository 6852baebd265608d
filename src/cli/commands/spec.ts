/** What a command is for the command line, and what several of them share. */
import type { OptionSpecs } from '../options.ts'

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
  /** Paragraphs after it that the engine must be asked for: loaded when somebody wants to read them. */
  details?(): Promise<string>
  readonly arguments: readonly ArgumentSpec[]
  readonly options: OptionSpecs
  /** A command that works, and what it does. */
  readonly examples: readonly { readonly command: string; readonly does: string }[]
}

/** Where it runs. */
export const device = {
  kind: 'text',
  value: 'name',
  choices: ['cpu', 'webgpu', 'cuda'],
  default: 'cpu',
  description: 'where the networks run',
} as const

/** Going on with a run. */
export const resume = {
  kind: 'flag',
  description: 'continue the run where it stopped, to the byte',
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
    device,
  }) as const
