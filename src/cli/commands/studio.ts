/** `tweedie studio`: a page in the browser over the runs of a folder. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TweedieError } from '../../error.ts'
import { serveStudio } from '../../studio/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { packaged } from '../packaged.ts'

/** Programs that open an address in the browser that the user likes. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/** Opens an address; that it cannot be opened is a remark. */
const openInBrowser = (url: string, io: Io): void => {
  const [program, ...args] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true })
  const remark = (): void => io.note('the browser could not be opened; the address is above')
  child.on('error', remark)
  child.on('exit', (code) => code !== 0 && remark())
  child.unref()
}

/** The program and arguments that run this command line. */
const ownCommand = (): string[] => [
  process.execPath,
  ...process.execArgv,
  fileURLToPath(new URL(`../main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)),
]

const folderFor = (path: string): string => {
  if (!existsSync(path)) mkdirSync(path, { recursive: true })
  if (!statSync(path).isDirectory()) throw new TweedieError('input', `${path}: not a folder`)
  return path
}

const pageFolder = (): string => {
  const page = packaged('dist/web')
  if (existsSync(join(page, 'index.html'))) return page
  throw new TweedieError('input', `${page}: the page of the studio is not built (npm run build)`)
}

export const run = async (
  [folder = 'runs']: readonly string[],
  { host, port, open }: OptionsOf<'studio'>,
  io: Io,
): Promise<void> => {
  const studio = {
    folder: folderFor(folder),
    page: pageFolder(),
    command: ownCommand(),
    schemas: packaged('experiments'),
  }
  const { url, close } = await serveStudio(studio, { host, port })
  io.result(`studio of ${folder}  ${url}\nCtrl-C ends it; runs that it started go on`, { url, folder })
  if (open) openInBrowser(url, io)
  try {
    if (!io.signal.aborted) await once(io.signal, 'abort')
  } finally {
    await close()
  }
}
