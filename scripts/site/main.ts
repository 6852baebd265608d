/** Writes the site into dist/site, or another folder. Run: npm run site [-- --out FOLDER] [--no-api] */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildSite } from './site.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values } = parseArgs({
  options: { out: { type: 'string', default: 'dist/site' }, api: { type: 'boolean', default: true } },
  allowNegative: true,
})
const out = resolve(root, values.out)
await buildSite({ root, out, api: values.api })
console.log(`${out}: serve it with any static server, such as python3 -m http.server -d ${values.out}`)
