/** The families of routes; a new one is one file and its line here. The page is last: it takes what is left. */
import type { Family } from './routes/family.ts'
import { page } from './routes/page.ts'
import { runs } from './routes/runs.ts'

export const families: readonly Family[] = [runs, page]
