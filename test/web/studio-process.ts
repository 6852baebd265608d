/** The built `tweedie studio` at work. */
import { startTweedie, type Working } from '../e2e/built.ts'

/** A studio that serves a folder, and its address. */
export const studioOf = async (folder: string, port: number): Promise<{ url: string; studio: Working }> => {
  const studio = startTweedie(['studio', folder, '--port', String(port), '--json'])
  while (!studio.stdout().includes('\n')) {
    if (studio.child.exitCode !== null) throw new Error(studio.stderr())
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return { url: JSON.parse(studio.stdout()).url, studio }
}
