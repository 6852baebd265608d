/** Views as files: pictures as PNG, and as SVG with their name and their scale. */
import { paint } from '../../canvas/paint.ts'
import type { Picture } from '../../canvas/picture.ts'
import { tableOf } from '../../canvas/scale.ts'
import { shown } from '../../ui/number.ts'

/** Shortest side of an exported picture. */
const LEAST = 512

const blobOf = (canvas: HTMLCanvasElement): Promise<Blob> =>
  new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the picture could not be made'))),
      'image/png',
    )
  })

/** A picture enlarged by whole pixels. */
const enlarged = (picture: Picture): HTMLCanvasElement => {
  const small = document.createElement('canvas')
  paint(small, picture)
  const times = Math.max(1, Math.ceil(LEAST / Math.min(picture.width, picture.height)))
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: times * picture.width, height: times * picture.height })
  const context = canvas.getContext('2d')
  if (context) {
    context.imageSmoothingEnabled = false
    context.drawImage(small, 0, 0, canvas.width, canvas.height)
  }
  return canvas
}

export const pngOf = (picture: Picture): Promise<Blob> => blobOf(enlarged(picture))

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Stops of the colour bar. */
const STOPS = 17

/** A picture with its name above and its scale below. */
export const svgOfPicture = (picture: Picture, title: string): string => {
  const { scale, width, height, channels } = picture
  const [wide, tall] = [400, (400 * height) / width]
  const table = tableOf(scale.map)
  const stops = Array.from({ length: STOPS }, (_, i) => {
    const k = 4 * Math.round((255 * i) / (STOPS - 1))
    return `<stop offset="${i / (STOPS - 1)}" stop-color="rgb(${table[k]},${table[k + 1]},${table[k + 2]})"/>`
  })
  const bar =
    channels === 3
      ? ''
      : `<linearGradient id="bar">${stops.join('')}</linearGradient>
<rect x="60" y="${tall + 36}" width="280" height="8" fill="url(#bar)"/>`
  const size = `width="400" height="${tall + 56}" viewBox="0 0 400 ${tall + 56}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="13">
<text x="0" y="15" font-weight="600">${escaped(title)}</text>
<image x="0" y="24" width="${wide}" height="${tall}" href="${enlarged(picture).toDataURL('image/png')}"/>
${bar}
<text x="0" y="${tall + 45}">${shown(scale.low)}</text>
<text x="400" y="${tall + 45}" text-anchor="end">${shown(scale.high)}</text>
</svg>
`
}

const STYLES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
] as const

/** A drawing of the page as a file of its own: what the style sheet says is written on each element. */
export const svgOfDrawing = (drawing: SVGSVGElement): string => {
  const copy = drawing.cloneNode(true)
  if (!(copy instanceof SVGSVGElement)) return ''
  const [from, to] = [drawing, copy].map((root) => [root, ...root.querySelectorAll('*')])
  to.forEach((element, i) => {
    const style = getComputedStyle(from[i])
    for (const name of STYLES) element.setAttribute(name, style.getPropertyValue(name))
  })
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  const { width, height } = drawing.viewBox.baseVal
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  return new XMLSerializer().serializeToString(copy)
}

/** An SVG as PNG, at twice its size. */
export const pngOfSvg = async (svg: string, width: number, height: number): Promise<Blob> => {
  const image = new Image()
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: 2 * width, height: 2 * height })
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return blobOf(canvas)
}
