/** A family of routes: what the studio can be asked for about one kind of thing. */
import type { Hono } from 'hono'
import type { RunTable } from '../run-table.ts'
import type { Watches } from '../watches.ts'
import type { Work } from '../work.ts'

/** What a studio serves. */
export interface Studio {
  /** Folder of the runs. */
  readonly folder: string
  /** Folder of the built page. */
  readonly page: string
  /** The command line, program and first arguments: runs are its child processes. */
  readonly command: readonly string[]
  /** Folder of the schemas of configurations and of their examples. */
  readonly schemas: string
  /** Most bytes of a file that is sent to it; default 4 GiB. */
  readonly uploadBytes?: number
}

/** What the families share: what was read once is not read again. */
export interface Shared extends Studio {
  readonly table: RunTable
  readonly watches: Watches
  readonly work: Work
}

/** Adds its routes to the application. */
export type Family = (app: Hono, shared: Shared) => void
