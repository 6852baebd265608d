/** The families of routes; a new one is one file and its line here. The page, last, takes what is left. */
import { arrays } from './routes/arrays.ts'
import { comparisons } from './routes/comparisons.ts'
import { diagnoses } from './routes/diagnoses.ts'
import { events } from './routes/events.ts'
import type { Family } from './routes/family.ts'
import { page } from './routes/page.ts'
import { run } from './routes/run.ts'
import { runs } from './routes/runs.ts'
import { uploads } from './routes/uploads.ts'
import { work } from './routes/work.ts'

export const families: readonly Family[] = [
  runs,
  run,
  events,
  work,
  arrays,
  diagnoses,
  comparisons,
  uploads,
  page,
]
