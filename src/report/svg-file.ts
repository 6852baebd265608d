import type { Html } from './html.ts'
import { chartStyle, lightScheme } from './style.ts'

/** A chart as the text of an `.svg` file of its own, in light colours. */
export const standaloneSvg = (chart: Html): string =>
  chart.markup
    .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
    .replace('>', `><style>${lightScheme}${chartStyle}</style><rect width="100%" height="100%" fill="#fff"/>`)
