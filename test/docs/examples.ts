/**
 * The examples of TSDoc comments as modules of their own. An example may use, without importing it, what its
 * file or a public folder exports, and a few names that stand for the reader's own data ({@link readersOwn}).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const root = join(import.meta.dirname, '../..')
const src = join(root, 'src')

/** An example in a comment. */
export interface Example {
  /** File below src/. */
  readonly file: string
  /** Line of the comment's fence. */
  readonly line: number
  readonly code: string
}

/** Every TypeScript file below src/, relative to it. */
export const sources: readonly string[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort()

const read = (file: string): string => readFileSync(join(src, file), 'utf8')

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length

/** The examples of a file. */
export const examplesOf = (file: string): Example[] => {
  const text = read(file)
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => {
    const bare = comment[0].replace(/^[ \t]*\* ?/gm, '')
    return [...bare.matchAll(/@example[^\n]*\n```ts\n([\s\S]*?)```/g)].map((block) => ({
      file,
      line: lineOf(text, comment.index) + lineOf(bare, block.index + block[0].indexOf('```')) - 1,
      code: block[1],
    }))
  })
}

/** How many examples the tags of a file announce. */
export const tagsOf = (file: string): number => [...read(file).matchAll(/^\s*\* @example\b/gm)].length

/** What a module exports: name → whether it is only a type. */
type Exports = ReadonlyMap<string, boolean>

const known = new Map<string, Exports>()

/** The exports of a file below src/, its re-exports included. */
const exportsOf = (file: string): Exports => {
  const found = known.get(file)
  if (found) return found
  const names = new Map<string, boolean>()
  known.set(file, names)
  const text = read(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const declared =
    /^export (?:declare )?(?:abstract )?(?:async )?(const|let|function|class|interface|type) (\w+)/gm
  for (const [, kind, name] of text.matchAll(declared))
    names.set(name, kind === 'interface' || kind === 'type')
  const at = (module: string): string => relative(src, join(src, dirname(file), module))
  for (const [, module] of text.matchAll(/^export \* from '(\.[^']+)'/gm)) {
    for (const [name, isType] of exportsOf(at(module))) if (!names.has(name)) names.set(name, isType)
  }
  for (const [, type, list] of text.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const part of list.split(',').map((p) => p.trim())) {
      const [, own, name] = /^(type )?(?:\w+ as )?(\w+)$/.exec(part) ?? []
      if (name) names.set(name, type !== undefined || own !== undefined)
    }
  }
  return names
}

/** Folders that are subpaths of the package, in the order in which a name is looked for. */
const folders = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports)
  .map((subpath) => subpath.replace('./', ''))
  .filter((folder) => existsSync(join(src, folder, 'index.ts')) && folder !== '.')

/**
 * The module that an example in `file` takes a name from: its own folder, its own file, or another folder.
 */
const moduleOf = (name: string, file: string): { module: string; isType: boolean } | undefined => {
  const [own] = file.split('/')
  const modules = [
    ...(folders.includes(own) ? [`${own}/index.ts`] : []),
    file,
    ...folders.map((folder) => `${folder}/index.ts`),
    'error.ts',
    ...sources.filter((other) => other.startsWith(`${own}/`)),
  ]
  const module = modules.find((candidate) => exportsOf(candidate).has(name))
  return module === undefined ? undefined : { module, isType: exportsOf(module).get(name) === true }
}

/** Names in code that may be free: those that are no properties; strings and comments do not count. */
const namesIn = (code: string): ReadonlySet<string> => {
  const bare = code
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .replace(/'[^'\n]*'|"[^"\n]*"/g, "''")
    .replace(/\.\.\./g, ' ')
  return new Set([...bare.matchAll(/(?<![\w$.]|\?\.)([A-Za-z_$][\w$]*)/g)].map(([, name]) => name))
}

/** A type of a public folder, as text. */
const of = (folder: string, type: string): string => `import('${join(src, folder, 'index.ts')}').${type}`

const array = of('tensor', "NdArray<'float32'>")
const tensor = of('tensor', 'Tensor')

/** Names that stand for the reader's own data wherever nothing of that name is exported, with their types. */
const readersOwn: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['x', 'y', 'z', 'xt', 'truth', 'draws', 'samples', 'images', 'points', 'residuals'].map((name) => [
      name,
      array,
    ]),
  ),
  prior: of('diffusion', 'Denoiser'),
  gaussian: of('diffusion', 'Gaussian'),
  schedule: of('diffusion', 'Schedule'),
  set: of('observations', 'ObservationSet'),
  observation: of('operators', 'Observation'),
  observationOf: `(batch: { y: ${tensor} }) => ${of('operators', 'Observation')}`,
  net: of('nn', 'Network'),
  params: `${of('tensor', 'Tree')}<${of('tensor', 'NdArray')}>`,
  flow: of('flows', 'Flow'),
}

/** The same for the examples of one folder, whatever is exported elsewhere. */
const readersOwnIn: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  tensor: { x: tensor, y: tensor, v: tensor, w: tensor, bias: tensor },
  operators: { m: tensor, drift: array },
  observations: { mask: array, photos: array },
  linalg: { b: tensor, C: tensor, v: tensor, mean: array },
  diffusion: {
    ...Object.fromEntries(['xt', 'sigma'].map((name) => [name, tensor])),
    ...Object.fromEntries(['m', 'factor', 'weights', 'means', 'covariance'].map((name) => [name, array])),
    noise: of('linalg', 'Covariance'),
    posterior: `() => ${of('diffusion', 'Denoiser')}`,
  },
  posterior: {
    xhat: tensor,
    V: of('linalg', 'Linear'),
    A: of('operators', 'LinearOperator'),
    noise: of('linalg', 'Covariance'),
  },
  training: { m: array, h: of('training', 'MaskedDenoiser') },
  em: { options: of('em', 'DiemOptions') },
  run: { options: of('em', 'DiemOptions') },
  compare: { fashion: array, psnrAt: '(value: number) => Promise<number>' },
  cli: { fashion: array },
  amortize: {
    m: array,
    sampler: of('amortize', 'AmortizedSampler'),
    logq: array,
    measurements: of('amortize', 'Measurements'),
    config: of('amortize', 'DenoiserConfig'),
    fresh: `${of('flows', 'FlowParams')}<${of('tensor', 'NdArray')}>`,
    learned: of('amortize', 'RefiningPrior'),
  },
  diagnose: { mask: array },
  report: { mask: array, mean: array, std: array },
}

/** An example as a module that stands alone; imports of the package point at the sources. */
export const moduleFrom = ({ file, code }: Example): string => {
  const imports = [...code.matchAll(/^import [\s\S]*?from '[^']+'\n?/gm)].map(([line]) => line)
  const body = imports.reduce((rest, line) => rest.replace(line, ''), code).replace(/^export /gm, '')
  const imported = namesIn(imports.join('\n').replace(/ from .*/g, ''))
  const taken = [...namesIn(body)].filter((name) => !imported.has(name))
  const here = readersOwnIn[file.split('/')[0]] ?? {}
  const declared = (name: string, type: string): string[] => [`declare const ${name}: ${type}`]
  const lines = taken.flatMap((name) => {
    if (Object.hasOwn(here, name)) return declared(name, here[name])
    const from = moduleOf(name, file)
    if (from) return [`import ${from.isType ? 'type ' : ''}{ ${name} } from '${join(src, from.module)}'`]
    return Object.hasOwn(readersOwn, name) ? declared(name, readersOwn[name]) : []
  })
  return [...imports, ...lines, 'export {}', '{', body, '}', ''].join('\n')
}
