import type { CommandName } from './commands.ts'
import type { Io } from './io.ts'
import type { AnyValues } from './options.ts'

/**
 * What `src/cli/<command>.ts` exports. Declared as a method, so that a command can say `options: OptionsOf<'info'>`,
 * which is what the table of commands makes the command line deliver.
 */
export interface CommandModule {
  run(args: readonly string[], options: AnyValues, io: Io): Promise<void>
}

/**
 * Where each command lives. Loaded on demand: the help must not wait for the engine.
 * A command that is in the table but not here says that it is not there yet.
 */
export const loaders: { readonly [C in CommandName]?: () => Promise<CommandModule> } = {
  observe: () => import('./observe.ts'),
  learn: () => import('./learn.ts'),
  train: () => import('./train.ts'),
  sample: () => import('./sample.ts'),
  distill: () => import('./distill.ts'),
  restore: () => import('./restore.ts'),
  bench: () => import('./bench.ts'),
  tune: () => import('./tune.ts'),
  diagnose: () => import('./diagnose.ts'),
  report: () => import('./report.ts'),
  info: () => import('./info.ts'),
  demo: () => import('./demo.ts'),
  'demo-amortize': () => import('./demo-amortize.ts'),
}
