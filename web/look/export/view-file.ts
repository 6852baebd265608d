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

/** Two pictures in one place: the left one up to an edge, the right one beyond. */
interface Swipe {
  readonly left: Picture
  readonly right: Picture
  /** Of the width, left of the edge. */
  readonly share: number
}

/** What can be saved as a picture. */
export type Saved = Picture | Swipe

const canvasOf = (saved: Saved): HTMLCanvasElement => {
  if (!('left' in saved)) return enlarged(saved)
  const canvas = enlarged(saved.right)
  const edge = Math.round(saved.share * canvas.width)
  const cut = [0, 0, edge, canvas.height] as const
  const context = canvas.getContext('2d')
  context?.clearRect(...cut)
  if (edge > 0) context?.drawImage(enlarged(saved.left), ...cut, ...cut)
  return canvas
}

export const pngOf = (saved: Saved): Promise<Blob> => blobOf(canvasOf(saved))

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Stops of the colour bar. */
const STOPS = 17

/** The scale of a picture below it, between two places across. */
const barOf = ({ scale, channels }: Picture, [from, to]: readonly [number, number], tall: number): string => {
  const table = tableOf(scale.map)
  const stops = Array.from({ length: STOPS }, (_, i) => {
    const k = 4 * Math.round((255 * i) / (STOPS - 1))
    return `<stop offset="${i / (STOPS - 1)}" stop-color="rgb(${table[k]},${table[k + 1]},${table[k + 2]})"/>`
  })
  const bar =
    channels === 3
      ? ''
      : `<linearGradient id="bar-${from}">${stops.join('')}</linearGradient>
<rect x="${from + 60}" y="${tall + 36}" width="${to - from - 120}" height="8" fill="url(#bar-${from})"/>`
  return `${bar}
<text x="${from}" y="${tall + 45}">${shown(scale.low)}</text>
<text x="${to}" y="${tall + 45}" text-anchor="end">${shown(scale.high)}</text>`
}

/** Pixels across a picture in an SVG, and between two scales. */
const [WIDE, GAP] = [400, 20]

/** A picture with its name above and its scale below; a swipe with both scales. */
export const svgOfPicture = (saved: Saved, title: string): string => {
  const half = (WIDE - GAP) / 2
  const { width, height } = 'left' in saved ? saved.right : saved
  const tall = (WIDE * height) / width
  const bars =
    'left' in saved
      ? [barOf(saved.left, [0, half], tall), barOf(saved.right, [WIDE - half, WIDE], tall)]
      : [barOf(saved, [0, WIDE], tall)]
  const size = `width="${WIDE}" height="${tall + 56}" viewBox="0 0 ${WIDE} ${tall + 56}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="13">
<text x="0" y="15" font-weight="600">${escaped(title)}</text>
<image x="0" y="24" width="${WIDE}" height="${tall}" href="${canvasOf(saved).toDataURL('image/png')}"/>
${bars.join('\n')}
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
