/** The entries of the gallery whose samplers lie beside the page. */
import { type Entry, gallery } from './gallery.ts'

export const shipped: readonly Entry[] = gallery.filter(({ name }) => __SHIPPED__.includes(name))
