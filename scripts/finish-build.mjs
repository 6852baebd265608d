// After the compiler: remove what is left of sources that are gone, and make the command executable.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [dist, src] = ['../dist/', '../src/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))

for (const name of readdirSync(dist, { recursive: true })) {
  const source = `${String(name).replace(/(\.d\.ts|\.js|\.js\.map)$/, '')}.ts`
  if (String(name).startsWith('site')) continue // `npm run site`
  const isOutput = /\.(d\.ts|js|js\.map)$/.test(String(name))
  if (isOutput && !existsSync(join(src, source))) rmSync(join(dist, String(name)))
}
chmodSync(join(dist, 'cli', 'main.js'), 0o755)
