/** Paths below the folder that is served: nothing else on the machine can be asked for. */
import { realpathSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { Refusal } from './refusal.ts'

/** What an ordinary name may not be: a way out, or hidden. */
const isOdd = (part: string): boolean => part === '' || part.startsWith('.')

/** The parts of a path as the page writes it, with `/` between them. */
const partsOf = (path: string): string[] => {
  const parts = path.split('/')
  const outside = path.includes('\0') || path.includes('\\') || isAbsolute(path) || parts.some(isOdd)
  if (outside) throw new Refusal(400, `${JSON.stringify(path.slice(0, 120))}: not a path below the folder`)
  return parts
}

/**
 * The real path of what lies below a folder. Links are followed, and refused where they lead out of it.
 *
 * @param path with `/` between its parts, relative to the folder; no part begins with a dot
 * @throws Refusal 400 for a path that leads elsewhere, 404 where there is nothing
 */
export const inside = (folder: string, path: string): string => {
  const parts = partsOf(path)
  let root: string
  let real: string
  try {
    root = realpathSync(folder)
    real = realpathSync(join(root, ...parts))
  } catch {
    throw new Refusal(404, `${path}: there is no such file or folder`)
  }
  const way = relative(root, real)
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
    throw new Refusal(400, `${path}: a link that leads out of the folder`)
  return real
}

/**
 * Where something new may be made below a folder: its parent is there, and inside.
 *
 * @throws Refusal 400 for a path that leads elsewhere or is taken, 404 without its parent
 */
export const newInside = (folder: string, path: string): string => {
  const parts = partsOf(path)
  const parent = parts.slice(0, -1).join('/')
  const place = parent === '' ? realpathSync(folder) : inside(folder, parent)
  return join(place, parts[parts.length - 1])
}
