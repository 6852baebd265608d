/** Bytes of ONNX Runtime's WebAssembly as it is fetched, gzipped: known when the page is built. */
declare const __ENGINE_BYTES__: number
/** The same of the build that knows the graphics card. */
declare const __CARD_BYTES__: number
