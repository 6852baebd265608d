/** Writes experiments/schema.json, by which editors complete and check the experiments. Run: npm run schema */
import { writeFileSync } from 'node:fs'
import { jsonSchemaOf } from '../src/cli/config.ts'
import { experimentSchema } from '../src/cli/schema.ts'

const path = new URL('../experiments/schema.json', import.meta.url)
writeFileSync(path, `${JSON.stringify(jsonSchemaOf(experimentSchema), null, 2)}\n`)
