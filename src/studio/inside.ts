/** Paths below the folder that is served: nothing else on the machine can be asked for. */
import { lstatSync, realpathSync } from 'node:fs'
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

/** Whether a real path is below a real folder, or that folder. */
const isBelow = (root: string, real: string): boolean => {
  const way = relative(root, real)
  return !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
}

const isLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

/** Whether a path is a link that leads out of a folder, or nowhere. */
export const leadsOut = (folder: string, path: string): boolean => {
  if (!isLink(path)) return false
  try {
    return !isBelow(realpathSync(folder), realpathSync(path))
  } catch {
    return true
  }
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
  if (!isBelow(root, real)) throw new Refusal(400, `${path}: a link that leads out of the folder`)
  return real
}

/**
 * Where something may be written below a folder: its parent is there, and inside, and it is no link, which
 * would be written through.
 *
 * @throws Refusal 400 for a path that leads elsewhere, 404 without its parent
 */
export const newInside = (folder: string, path: string): string => {
  const parts = partsOf(path)
  const parent = parts.slice(0, -1).join('/')
  const place = parent === '' ? realpathSync(folder) : inside(folder, parent)
  const target = join(place, parts[parts.length - 1])
  if (isLink(target)) throw new Refusal(400, `${path}: is a link, and not written through`)
  return target
}
