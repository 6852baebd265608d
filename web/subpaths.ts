/** The library's public subpaths as pages see them: what a folder gives to browsers, from its sources. */
import { fileURLToPath } from 'node:url'

export const subpaths = {
  find: /^tweedie\/(\w+)$/,
  replacement: `${fileURLToPath(new URL('../src', import.meta.url))}/$1/browser.ts`,
}
