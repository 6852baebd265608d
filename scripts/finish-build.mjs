// Make the command executable; the JSON Schema of the configuration is written by the CLI's own module.
import { chmodSync, existsSync } from 'node:fs'

const main = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(main)) chmodSync(main, 0o755)
