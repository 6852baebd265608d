/** One page with the viewer and the draws in it, which opens from a disk and by mail, without any network. */
import type { Draws } from '../../posterior/draws.ts'
import { base64Of, packed } from './packed.ts'

/** The program of the page and its style. */
export interface Viewer {
  readonly script: string
  readonly style: string
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** What must not stand in a script of a page: its end, and what begins a comment. */
const inScript = (text: string): string => text.replace(/<(?=\/script|!--)/gi, '\\x3c')

/** JSON needs another escape for the same. */
const jsonInScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c')

/** Nothing but what is in the page: no request can leave it. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"

/** The whole page. @param known - what is known of the calibration, in words */
export const singlePage = (draws: Draws, bits: 8 | 16, { script, style }: Viewer, known?: string): string => {
  const { header, bytes } = packed(draws, bits, known)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(draws.name)}</title>
<style id="style">${style.replaceAll('</', '<\\/')}</style>
</head>
<body>
<div id="app"></div>
<script type="application/json" id="header">${jsonInScript(header)}</script>
<script type="application/octet-stream;base64" id="bytes">${base64Of(bytes)}</script>
<script id="viewer">${inScript(script)}</script>
</body>
</html>
`
}
