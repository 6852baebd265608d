/** The commands, in the order of the help. */
import { availableParallelism } from 'node:os'
import { comparing } from './help/comparing.ts'
import { data } from './help/data.ts'
import { demos } from './help/demos.ts'
import { drawing } from './help/drawing.ts'
import { judging } from './help/judging.ts'
import { learning } from './help/learning.ts'
import { looking } from './help/looking.ts'
import type { CommandSpec } from './help/spec.ts'
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
    min: 1,
    max: availableParallelism(),
    description:
      'threads of the engine, at most one a processor (default: the physical cores, or TWEEDIE_THREADS)',
  },
  seed: {
    kind: 'integer',
    min: 0,
    description: 'seed of every random number: the same seed and input give the same result',
  },
} as const satisfies OptionSpecs

/** Every command by its name: what the command line says about it, and where its work is. */
export const commands = {
  ...data,
  ...learning,
  ...drawing,
  ...comparing,
  ...judging,
  ...looking,
  ...demos,
} as const satisfies Readonly<Record<string, CommandSpec>>

export type CommandName = keyof typeof commands

/** Commands of earlier versions, and what they are called now. */
export const formerNames: Readonly<Record<string, CommandName>> = { bench: 'compare' }

/** The option values of a command, as its `run` gets them. */
export type OptionsOf<C extends CommandName> = ValuesOf<
  (typeof commands)[C]['options'] & typeof commonOptions
>
