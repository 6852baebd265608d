/** Charts of the reports as pictures of the page: light or dark as the reader prefers. */
import type { Html } from '../report/index.ts'
import { bothSchemes, chartStyle } from '../report/style.ts'

/** A chart as the text of an SVG file that a page shows as a picture. */
export const themedSvg = (chart: Html): string =>
  chart.markup
    .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
    .replace('>', `><style>${bothSchemes}${chartStyle}</style>`)
