/** The rules of docs/ARCHITECTURE.md that can be read off the sources. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const src = join(root, 'src')

/** Lowest first: a folder imports only from those before it. A new folder finds its place here. */
const folders = [
  'tensor',
  'random',
  'formats',
  'linalg',
  'operators',
  'observations',
  'datasets',
  'nn',
  'diffusion',
  'posterior',
  'training',
  'em',
  'baselines',
  'flows',
  'amortize',
  'diagnose',
  'run',
  'report',
  'compare',
  'studio',
  'cli',
]

const read = (file: string): string => readFileSync(join(src, file), 'utf8')

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** Modules that a file imports, whichever way. */
const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/(?:\bfrom|\bimport\(|^import)\s*'([^']+)'/gm)].map(([, module]) => module)

/** Folder below src of an import, `undefined` for packages and for the files beside the folders. */
const folderOf = (file: string, module: string): string | undefined => {
  if (!module.startsWith('.')) return undefined
  const [folder, rest] = relative(src, join(src, file, '..', module)).split(sep)
  return rest === undefined ? undefined : folder
}

const withoutComments = (code: string): string => code.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

/**
 * Modules that a file imports when it is loaded, types included: not those that it loads later, by
 * `import()`.
 */
const importedAtOnce = (file: string): string[] =>
  [...read(file).matchAll(/(?:\bfrom|^import)\s*'([^']+)'/gm)].map(([, module]) => module)

/** Groups of files that import each other, by way of others or not (Tarjan 1972). */
const circles = (): string[][] => {
  const targets = new Map(
    files.map((file) => [
      file,
      importedAtOnce(file)
        .filter((module) => module.startsWith('.'))
        .map((module) => join(file, '..', module)),
    ]),
  )
  const order = new Map<string, number>()
  const stack: string[] = []
  const found: string[][] = []
  const visit = (file: string): number => {
    const own = order.size
    order.set(file, own)
    stack.push(file)
    let lowest = own
    for (const target of targets.get(file) ?? []) {
      if (!order.has(target)) lowest = Math.min(lowest, visit(target))
      else if (stack.includes(target)) lowest = Math.min(lowest, order.get(target) ?? own)
    }
    if (lowest === own) found.push(stack.splice(stack.indexOf(file)))
    return lowest
  }
  for (const file of files) if (!order.has(file)) visit(file)
  return found.filter((group) => group.length > 1).map((group) => group.sort())
}

/** Sums, products and broadcasting are each other's gradients. */
const natural = ['arithmetic', 'broadcast', 'functions', 'reduce'].map((op) =>
  join('tensor', 'ops', `${op}.ts`),
)

describe('the sources', () => {
  it('lie in the folders that are listed', () => {
    const found = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(found.map(({ name }) => name).sort()).toEqual([...folders].sort())
  })

  it.each(folders)('%s imports only from folders above it', (folder) => {
    const allowed = folders.slice(0, folders.indexOf(folder) + 1)
    const own = files.filter((file) => file.startsWith(folder + sep))
    const wrong = own.flatMap((file) =>
      importsOf(file)
        .map((module) => folderOf(file, module))
        .filter((target) => target !== undefined && !allowed.includes(target))
        .map((target) => `${file} imports from ${target}`),
    )
    expect(own.length).toBeGreaterThan(0)
    expect(wrong).toEqual([])
  })

  it('keep flows apart from EM: amortize imports nothing of em', () => {
    const own = files.filter((file) => file.startsWith(`amortize${sep}`))
    const targets = own.flatMap((file) => importsOf(file).map((module) => folderOf(file, module)))
    expect(targets).toContain('training')
    expect(targets).not.toContain('em')
  })

  it('beside the folders import none of them', () => {
    const beside = files.filter((file) => !file.includes(sep) && file !== 'index.ts')
    const wrong = beside.filter((file) => importsOf(file).some((module) => folderOf(file, module)))
    expect(wrong).toEqual([])
  })

  it('import each other in no circle but that of the ops, whose gradients are ops', () => {
    expect(circles()).toEqual([natural])
  })

  it('name every local import by a file that exists', () => {
    const missing = files.flatMap((file) =>
      importsOf(file)
        .filter((module) => module.startsWith('.') && !existsSync(join(src, file, '..', module)))
        .map((module) => `${file}: ${module}`),
    )
    expect(missing).toEqual([])
  })

  it('only re-export in index.ts and browser.ts', () => {
    const exports = /^(\s*export\s+(type\s+)?(\*|\{[^}]*\})\s+from\s+'[^']+'\s*)+$/
    const indices = files.filter((file) => /(index|browser)\.ts$/.test(file))
    expect(indices.filter((file) => !exports.test(withoutComments(read(file))))).toEqual([])
  })

  it('load ONNX Runtime when the first program is opened, not before', () => {
    const eager = /^import\s+(?!type\b)[^;]*?from\s*'onnxruntime-node'/m
    expect(files.filter((file) => eager.test(read(file)))).toEqual([])
    expect(files.filter((file) => importsOf(file).includes('onnxruntime-node'))).toEqual([
      join('tensor', 'execute', 'session.ts'),
    ])
  })
})

it('every folder but the command line is a subpath of the package', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const wanted = folders.filter((folder) => folder !== 'cli').map((folder) => `./${folder}`)
  expect(Object.keys(exports).sort()).toEqual(['.', './package.json', ...wanted].sort())
  for (const folder of wanted) {
    const entry = (name: string) => ({
      types: `./dist/${folder.slice(2)}/${name}.d.ts`,
      default: `./dist/${folder.slice(2)}/${name}.js`,
    })
    const inBrowsers = existsSync(join(src, folder, 'browser.ts')) ? { browser: entry('browser') } : {}
    expect(exports[folder]).toEqual({ ...inBrowsers, ...entry('index') })
  }
})
