/**
 * Writes the schemas of experiments/, by which editors complete and check configurations. Run: npm run schema
 */
import { writeFileSync } from 'node:fs'
import { jsonSchemaOf } from '../src/cli/config/config.ts'
import { distillSchema } from '../src/cli/config/distill-schema.ts'
import { experimentSchema } from '../src/cli/config/schema.ts'

for (const [name, schema] of [
  ['schema.json', experimentSchema],
  ['distill-schema.json', distillSchema],
] as const) {
  const path = new URL(`../experiments/${name}`, import.meta.url)
  writeFileSync(path, `${JSON.stringify(jsonSchemaOf(schema), null, 2)}\n`)
}
