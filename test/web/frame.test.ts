import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { chromium } from './browser.ts'
import { builtPage, closeBrowser, servedFolder, withPage } from './studio-page.ts'

afterAll(closeBrowser)

describe.skipIf(!chromium || !existsSync(join(builtPage, 'index.html')))('the frame of the studio', () => {
  it('shows the first page from a static server, and leaves out what needs the studio', async () => {
    const { url, close } = await servedFolder(builtPage)
    try {
      const menu = await withPage(url, (page) =>
        page.getByRole('navigation').getByRole('link').allTextContents(),
      )
      expect(menu).toEqual(['Gallery', 'Look'])
    } finally {
      await close()
    }
  })
})
