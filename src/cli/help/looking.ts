/** The command that shows. */
import type { CommandModule, CommandSpec } from './spec.ts'

export const looking = {
  studio: {
    summary: 'a page in the browser: runs while they learn, posteriors to look at, a gallery',
    description: `Serves a page over a folder of runs, on this machine, until Ctrl-C: a table of the runs,
live curves and samples of the prior while they learn, configurations side by side, comparisons and diagnoses;
runs are started, stopped (which saves them) and resumed from it. Runs that it has started go on when it ends.

Only this machine can reach it. With --host others can: the printed link then holds a token, and whoever has
it can start runs here. Nothing is sent anywhere else.`,
    arguments: [{ usage: '[folder]', description: 'folder of runs (default: runs), made when absent' }],
    options: {
      port: {
        kind: 'integer',
        min: 0,
        max: 65535,
        default: 8017,
        description: 'port to listen on; 0 for any that is free',
      },
      host: {
        kind: 'text',
        value: 'name',
        default: '127.0.0.1',
        description: 'address to listen on; another than 127.0.0.1 lets others in, with a token',
      },
      open: { kind: 'flag', description: 'open the page in the browser' },
    },
    examples: [
      { command: 'tweedie studio', does: 'the runs of runs/, at http://127.0.0.1:8017/' },
      { command: 'tweedie studio results --port 0 --open', does: 'those of results/, on any free port' },
    ],
    interrupted: 'the studio ends; runs go on',
    load: (): Promise<CommandModule> => import('../commands/studio.ts'),
  },
} as const satisfies Readonly<Record<string, CommandSpec>>
