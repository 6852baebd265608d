export { type ImportedSpec, importedDenoiser, type Prediction, predictions } from './denoiser.ts'
export {
  type Coordinates,
  importedSchedule,
  importedSchedules,
  type ScheduleEntry,
  type ScheduleSpec,
  scheduleSpec,
} from './schedules.ts'
