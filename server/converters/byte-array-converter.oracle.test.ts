import { replay } from '#server/converters/testdata/replay.ts'

replay('byte-array', { beyondOurValues: 4 })
