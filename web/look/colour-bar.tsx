import { useLayoutEffect, useRef } from 'preact/hooks'
import { type MapName, SHADES, tableOf } from '../canvas/scale.ts'

/** The colours of a map, from low to high. */
export const ColourBar = ({ map }: { readonly map: MapName }) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const bar = new ImageData(new Uint8ClampedArray(tableOf(map)), SHADES, 1)
    canvas.current?.getContext('2d')?.putImageData(bar, 0, 0)
  }, [map])
  return <canvas class="colour-bar" ref={canvas} width={SHADES} height={1} aria-hidden="true" />
}
