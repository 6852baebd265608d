/** The reference of the API: typedoc over the subpaths of package.json, what they export and nothing else. */
import { join } from 'node:path'
import {
  Application,
  Comment,
  type CommentDisplayPart,
  Converter,
  JSX,
  LogLevel,
  type ProjectReflection,
  ReflectionKind,
} from 'typedoc'
import { foldersOf } from './folders.ts'
import { API, between, GALLERY, placeOf } from './places.ts'
import { subpathsOf } from './subpaths.ts'

const ROOT = 'tweedie'
/** What the root holds. */
const AGAIN = 'the nouns and verbs of the pages, which the folders below export too'
const FRONT = placeOf('README.md')

/** Names modules by what one imports, where typedoc has folders; lists on the first page what they hold. */
const introduced = (project: ProjectReflection, folders: ReadonlyMap<string, string>): void => {
  const rows: CommentDisplayPart[] = []
  for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
    const holds = (module.name === 'index' ? AGAIN : folders.get(module.name)) ?? ''
    module.name = module.name === 'index' ? ROOT : `${ROOT}/${module.name}`
    module.comment = new Comment([{ kind: 'text', text: holds }])
    const link: CommentDisplayPart = { kind: 'inline-tag', tag: '@link', text: module.name, target: module }
    const row: CommentDisplayPart[] = [
      { kind: 'text', text: '\n| ' },
      link,
      { kind: 'text', text: ` | ${holds} |` },
    ]
    if (module.name === ROOT) rows.unshift(...row)
    else rows.push(...row)
  }
  project.readme = [{ kind: 'text', text: '| import from | what is there |\n|---|---|' }, ...rows]
  // Options that a function takes apart have no name of their own.
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter))
    if (parameter.name === '__namedParameters') parameter.name = 'options'
}

/** The head of the other pages, above typedoc's own. */
const head = (to: (place: string) => string): JSX.Element => {
  const link = (href: string, text: string, more = {}) => JSX.createElement('a', { href, ...more }, text)
  return JSX.createElement(
    'div',
    { class: 'frame-head' },
    link(to(FRONT), 'Tweedie', { class: 'brand' }),
    JSX.createElement(
      'nav',
      { 'aria-label': 'Site' },
      link(to(FRONT), 'Documentation'),
      link(to(API), 'API', { 'aria-current': 'true' }),
      link(to(GALLERY), 'Gallery'),
      link(`${to(GALLERY)}#/look`, 'Look'),
    ),
  )
}

/**
 * Writes the reference.
 *
 * @param out - its folder, below that of the site
 * @param style - a file of CSS that stands above typedoc's own
 * @throws Error - where typedoc could not read the sources
 */
export const writeApi = async (root: string, out: string, style: string): Promise<void> => {
  // The folders before the root, which exports a part of them again: a name is described where its folder is.
  const subpaths = subpathsOf(root).toSorted((a, b) => Number(a.name === ROOT) - Number(b.name === ROOT))
  const app = await Application.bootstrap({
    name: 'API reference',
    groupOrder: ['Functions', 'Classes', 'Variables', '*', 'References'],
    kindSortOrder: ['Module', 'Function', 'Class', 'Variable', 'Interface', 'TypeAlias', 'Reference'],
    navigation: { includeCategories: false, includeGroups: false, includeFolders: false },
    entryPoints: subpaths.map(({ source }) => join(root, source)),
    tsconfig: join(root, 'tsconfig.build.json'),
    readme: 'none',
    customCss: style,
    customJs: join(root, 'scripts/site/api-menu.js'),
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
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => introduced(project, foldersOf(root)))
  app.renderer.hooks.on('body.begin', ({ relativeURL }) =>
    head((place) => relativeURL(between(API, place)) ?? ''),
  )
  const project = await app.convert()
  if (!project) throw new Error('the sources could not be read')
  await app.generateDocs(project, out)
  if (app.logger.hasErrors()) throw new Error('the reference of the API could not be written')
}
