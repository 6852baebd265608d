/** Type-checking of code that stands in pages and comments. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** A module by the name of its file. */
export interface Module {
  readonly file: string
  readonly code: string
}

/** Code with `tweedie` and its subpaths pointing at the sources. */
const fromSources = (code: string): string =>
  code.replace(/'tweedie(\/\w+)?'/g, (_, folder = '') => `'${join(root, 'src')}${folder}/index.ts'`)

/** Writes modules into a fresh folder where they can be checked and run. The caller removes it. */
export const folderOf = (modules: readonly Module[]): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-docs-'))
  for (const { file, code } of modules) writeFileSync(join(folder, file), fromSources(code))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const options = { typeRoots: [join(root, 'node_modules/@types')], noUnusedLocals: false }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions: options, include: ['*.ts'] }),
  )
  return folder
}

/** The compiler's errors in the modules of a folder, a line each. */
export const typeErrors = (folder: string): string[] => {
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { stdout } = spawnSync(tsc, ['-p', folder], { encoding: 'utf8', cwd: folder })
  return stdout.split('\n').filter((line) => line.includes('error'))
}
