/** The styles of the component as one text: nothing of a page's own style reaches into it, or out. */
import frame from '../app/style.css?inline'
import canvas from '../canvas/canvas.css?inline'
import gallery from '../gallery/gallery.css?inline'
import pieces from '../ui/pieces.css?inline'
import own from './component.css?inline'

export const styleText = [frame.replaceAll(':root', ':host'), canvas, pieces, gallery, own].join('\n')
