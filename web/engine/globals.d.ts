/** Bytes of ONNX Runtime's WebAssembly as it is fetched, gzipped: known when the page is built. */
declare const __ENGINE_BYTES__: number
