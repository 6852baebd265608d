/** The gallery, the viewer and the component, as `npm run build` made them, with a way back to the pages. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { between, GALLERY, placeOf } from './places.ts'

/** Copies `dist/web` into the site. Its page finds the documentation by a `meta`, see web/app/mode.ts. */
export const copyStudio = (built: string, site: string): void => {
  const page = join(site, GALLERY)
  cpSync(built, dirname(page), { recursive: true })
  const back = `<meta name="tweedie-docs" content="${between(GALLERY, placeOf('README.md'))}" />`
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace('</head>', () => `  ${back}\n  </head>`),
  )
}
