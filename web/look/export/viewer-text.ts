import type { Viewer } from './single-page.ts'

const textOf = async (path: string): Promise<string> => {
  const answer = await fetch(path)
  if (!answer.ok) throw new Error(`${path} is not there (${answer.status})`)
  return answer.text()
}

/** The viewer that goes into a page: this page's own where it is such a page, else from beside it. */
export const viewerText = async (): Promise<Viewer> => {
  const [script, style] = ['viewer', 'style'].map((id) => document.getElementById(id)?.textContent)
  if (script && style) return { script, style }
  return { script: await textOf('./single/viewer.js'), style: await textOf('./single/viewer.css') }
}
