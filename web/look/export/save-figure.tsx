/** Buttons that save one figure: a picture, or the chart in it. */
import { useRef } from 'preact/hooks'
import { saveBlob, saveText } from '../../ui/save.ts'
import { pngOf, pngOfSvg, type Saved, svgOfDrawing, svgOfPicture } from './view-file.ts'

type Kind = 'png' | 'svg'

/** Saves a picture with its name and scale (SVG), or bare (PNG). */
const savePicture = async (picture: Saved, name: string, title: string, kind: Kind): Promise<void> => {
  if (kind === 'svg') saveText(`${name}.svg`, svgOfPicture(picture, title), 'image/svg+xml')
  else saveBlob(`${name}.png`, await pngOf(picture))
}

/** Saves a drawing of the page. */
const saveDrawing = async (drawing: SVGSVGElement, name: string, kind: Kind): Promise<void> => {
  const svg = svgOfDrawing(drawing)
  const { width, height } = drawing.viewBox.baseVal
  if (kind === 'svg') saveText(`${name}.svg`, svg, 'image/svg+xml')
  else saveBlob(`${name}.png`, await pngOfSvg(svg, width, height))
}

/** @param picture - of the figure around these buttons; without one its chart is saved */
export const SaveFigure = ({
  name,
  title,
  picture,
}: {
  readonly name: string
  readonly title: string
  readonly picture?: () => Saved | undefined
}) => {
  const place = useRef<HTMLSpanElement>(null)
  const save = (kind: Kind) => () => {
    const own = picture?.()
    const chart = place.current?.closest('figure, section')?.querySelector('svg')
    const saved = own
      ? savePicture(own, name, title, kind)
      : chart instanceof SVGSVGElement && saveDrawing(chart, name, kind)
    if (saved) saved.catch((error) => console.error(error))
  }
  return (
    <span class="save-figure" ref={place}>
      <button type="button" aria-label={`Save ${title} as PNG`} onClick={save('png')}>
        PNG
      </button>
      <button type="button" aria-label={`Save ${title} as SVG`} onClick={save('svg')}>
        SVG
      </button>
    </span>
  )
}
