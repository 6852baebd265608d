/** The reference of the API: typedoc over the subpaths of package.json, what they export and nothing else. */
import { join } from 'node:path'
import { Application, Comment, Converter, JSX, LogLevel, ReflectionKind } from 'typedoc'
import { foldersOf } from './folders.ts'
import { API, between, placeOf } from './places.ts'
import { subpathsOf } from './subpaths.ts'

const ROOT = 'tweedie'
/** What the root holds. */
const AGAIN = 'the nouns and verbs of the pages, exported again from the folders below'
const FRONT = placeOf('README.md')

/**
 * Writes the reference.
 *
 * @param out - its folder, below that of the site
 * @param style - a file of CSS that stands above typedoc's own
 * @throws Error - where typedoc could not read the sources
 */
export const writeApi = async (root: string, out: string, style: string): Promise<void> => {
  // The folders before the root, which exports a part of them again: each name is described where its folder is.
  const subpaths = subpathsOf(root).toSorted((a, b) => Number(a.name === ROOT) - Number(b.name === ROOT))
  const app = await Application.bootstrap({
    name: 'Tweedie API',
    navigation: { includeCategories: false, includeGroups: false, includeFolders: false },
    entryPoints: subpaths.map(({ source }) => join(root, source)),
    tsconfig: join(root, 'tsconfig.build.json'),
    readme: 'none',
    customCss: style,
    // `npm run check` finds errors; here they would only be found a second time, by an older compiler.
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    disableSources: true,
    disableGit: true,
    hideGenerator: true,
    includeHierarchySummary: false,
    logLevel: LogLevel.Error,
  })
  const folders = foldersOf(root)
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
      const holds = module.name === 'index' ? AGAIN : folders.get(module.name)
      if (holds !== undefined) module.comment = new Comment([{ kind: 'text', text: holds }])
      // Named by what one imports, where typedoc knows folders.
      module.name = module.name === 'index' ? ROOT : `${ROOT}/${module.name}`
    }
    // Options that a function takes apart have no name of their own.
    for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter))
      if (parameter.name === '__namedParameters') parameter.name = 'options'
  })
  app.renderer.hooks.on('sidebar.begin', (context) =>
    JSX.createElement(
      'p',
      null,
      JSX.createElement('a', { href: context.relativeURL(between(API, FRONT)) }, 'Documentation'),
    ),
  )
  const project = await app.convert()
  if (!project) throw new Error('the sources could not be read')
  await app.generateDocs(project, out)
  if (app.logger.hasErrors()) throw new Error('the reference of the API could not be written')
}
