import { data } from './commands/data.ts'
import { demos } from './commands/demos.ts'
import { drawing } from './commands/drawing.ts'
import { judging } from './commands/judging.ts'
import { learning } from './commands/learning.ts'
import type { CommandSpec } from './commands/spec.ts'
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

/** Every command, in the order of the help. */
export const commands = {
  observe: data.observe,
  learn: learning.learn,
  train: learning.train,
  sample: drawing.sample,
  distill: learning.distill,
  restore: drawing.restore,
  bench: judging.bench,
  tune: judging.tune,
  diagnose: judging.diagnose,
  report: judging.report,
  info: data.info,
  demo: demos.demo,
  'demo-amortize': demos['demo-amortize'],
} as const satisfies Readonly<Record<string, CommandSpec>>

export type CommandName = keyof typeof commands

/** The option values of a command, as its `run` gets them. */
export type OptionsOf<C extends CommandName> = ValuesOf<
  (typeof commands)[C]['options'] & typeof commonOptions
>
