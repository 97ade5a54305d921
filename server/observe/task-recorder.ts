import { addMeasured, type Measured, measured } from '#server/observe/metric-samples.ts'

/** Where a task puts down what it measures: an addition, no message. At most once a batch. */
export type RecordMetric = (sensor: string, value: number) => void

/** What a task measured since the last time, by sensor. */
export type Measurements = readonly (readonly [sensor: string, measured: Measured])[]

/** Adds measurements up until somebody takes them. */
export function createTaskRecorder(): { record: RecordMetric; take(): Measurements } {
  const sensors = new Map<string, Measured>()
  return {
    record(sensor, value) {
      const known = sensors.get(sensor)
      if (known) addMeasured(known, measured(value))
      else sensors.set(sensor, measured(value))
    },
    take() {
      const taken = [...sensors]
      sensors.clear()
      return taken
    },
  }
}
