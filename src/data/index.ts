export { type Affine, applyAffine, type DataRange, fromPrior, PRIOR_RANGE, toPrior } from './affine.ts'
export {
  type ArrayFormat,
  type Arrays,
  arrayFormats,
  readArrays,
  readSafetensors,
  writeArrays,
  writeSafetensors,
} from './arrays.ts'
export { writeAtomic } from './atomic.ts'
export {
  BUNNY,
  bunnyThere,
  imagesOnBunny,
  imagesOnMesh,
  loadBunny,
  loadBunnyDigits,
  type Mesh,
} from './bunny.ts'
export { type CifarBatch, decodeCifar, readCifar } from './cifar.ts'
export { type CleanData, dataSetNames, readClean, type Split } from './clean.ts'
export { ERA5_RANGE, readEra5 } from './era5.ts'
export { type LabelledImages, readFashion } from './fashion.ts'
export { readFastMri } from './fastmri.ts'
export { readBytes } from './files.ts'
export { gunzipped } from './gzip.ts'
export { readHdf5Planes } from './hdf5.ts'
export { decodeIdx } from './idx.ts'
export { type ImageFolder, readImages } from './images.ts'
export { decodeJpeg } from './jpeg.ts'
export { type ManifoldOptions, manifoldCutoff, smoothManifold } from './manifold.ts'
export { type Digits, loadMnist, type MnistOptions } from './mnist.ts'
export { loadMri } from './mri.ts'
export { nearestName } from './nearest.ts'
export { decodeNifti, type NiftiVolume } from './nifti.ts'
export { decodeNpy, encodeNpy } from './npy.ts'
export { decodeNpz, encodeNpz, type NpzOptions } from './npz.ts'
export type { FamilyOperator, ObservationOperator, OperatorSettings } from './observation-operator.ts'
export { observationRows } from './observation-rows.ts'
export {
  checkObservations,
  maskLikeY,
  noiseLevel,
  type ObservationSet,
  observationsOf,
  readObservations,
  writeObservations,
} from './observations.ts'
export { observationsFromArrays, observationsFromImages } from './own-data.ts'
export { loadPhotos } from './photos.ts'
export { decodePng, encodePng } from './png.ts'
export { firstPoints, padPoints, selectPoints } from './points.ts'
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.ts'
export { maskedObservations, maskShape, noisy, type Simulation, simulateObservations } from './simulate.ts'
export {
  SPHERE,
  sphereGrid,
  sphereLatitudes,
  sphereLongitudes,
  spherePoints,
  sphereThere,
  sphereVector,
} from './sphere.ts'
export { loadTemperatures, seaThere, TEMPERATURE_RANGE } from './temperature.ts'
export { observationsInPriorUnits } from './units.ts'
export { loadWinds, WIND_RANGES } from './winds.ts'
